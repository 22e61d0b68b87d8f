; WebView2, the part of Windows that draws the window. Windows 11 has it; Server 2016 and 2019 do not.
;
; Looked for where Microsoft documents it ("Distribute your app and the WebView2 Runtime"): the value pv of its client key,
; for the machine or for the account, neither empty nor 0.0.0.0. Missing, an installer of it that lies beside Setup is run:
; the offline one, else the small one that downloads. It is run as an administrator, so it must be signed by
; Microsoft, and it is a copy in a folder that is ours that is looked at and run. Nothing is downloaded by Setup itself.

!ifdef WINDOW

!define WEBVIEW2_KEY "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"

Var WebView2Is  ; its version; empty: it is not there

!macro LookUnder VIEW ROOT
  ${If} $WebView2Is == ""
    SetRegView ${VIEW}
    ReadRegStr $WebView2Is ${ROOT} "SOFTWARE\${WEBVIEW2_KEY}" "pv"
    ${If} $WebView2Is == "0.0.0.0"
      StrCpy $WebView2Is ""
    ${EndIf}
    SetRegView 64
  ${EndIf}
!macroend

Function FindWebView2
  StrCpy $WebView2Is ""
  !insertmacro LookUnder 32 HKLM
  !insertmacro LookUnder 64 HKLM
  !insertmacro LookUnder 64 HKCU
  !insertmacro LookUnder 32 HKCU
FunctionEnd

Function LookForWebView2
  Call FindWebView2
  ${If} $WebView2Is == ""
  ${AndIf} $WebView2 != "0"
    StrCpy $R0 "$EXEDIR\MicrosoftEdgeWebView2RuntimeInstallerX64.exe"
    ${IfNot} ${FileExists} $R0
      StrCpy $R0 "$EXEDIR\MicrosoftEdgeWebview2Setup.exe"
    ${EndIf}
    ${If} ${FileExists} $R0
      Call InstallWebView2
      Call FindWebView2
    ${EndIf}
  ${EndIf}
  ${If} $WebView2Is == ""
    ${Log} "$(webview2_missing)"
    ${AddNote} "$(webview2_missing)"
  ${Else}
    ${Log} "$(webview2_there)"
  ${EndIf}
FunctionEnd

; $R0: its installer.
Function InstallWebView2
  ClearErrors
  CopyFiles /SILENT "$R0" "$PLUGINSDIR\webview2.exe"
  ${If} ${Errors}
    Return
  ${EndIf}
  ; The path goes by the environment: no quoting can be got wrong.
  System::Call 'kernel32::SetEnvironmentVariableW(w "OUTTRAY_FILE", w "$PLUGINSDIR\webview2.exe")'
  ; What must be said, so that no other way to end can be taken for it.
  ${Run} `"$SYSDIR\WindowsPowerShell\v1.0\powershell.exe" -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "$$s = Get-AuthenticodeSignature -LiteralPath $$env:OUTTRAY_FILE; if ($$s.Status -eq 'Valid' -and $$s.SignerCertificate.Subject -match '(^|, )O=Microsoft Corporation(,|$$)') { 'from Microsoft' }"`
  ${If} $Code != 0
  ${OrIf} $Said != "from Microsoft"
    ${Log} "$(webview2_not_signed)"
    Return
  ${EndIf}
  ${Log} "$(webview2_installing)"
  ${Run} '"$PLUGINSDIR\webview2.exe" /silent /install'
FunctionEnd

!endif
