; uninstall.exe: takes away what Setup brought, and, if somebody says so, what Outtray has kept.
;
; The service's data, and the password its account has stored, are removed by outtrayd, which knows where they are.
; An engine within a window keeps its data with the account that opened it: those of the account that uninstalls are removed,
; those of other people are theirs; the log names them.
;
; Where Outtray had taken the port of Windows' own SMTP service, that service gets it back if somebody says so: nobody else
; would take the office's mail. Silently only with /GIVEBACK=1; otherwise the log tells how.

!define CREDENTIALS "Outtray/*" ; of an engine within the window, in its account's Credential Manager
!define PROFILES "SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"

!define SMTPSVC_KEY "SYSTEM\CurrentControlSet\Services\SMTPSVC"
!define TAKEN "iis-before.json" ; how that service stood, beside the settings of who took over

Var RemoveData
Var DataBox
Var TakenIn     ; the data folder of who took over; empty: nobody did
Var BackBox

Function un.onInit
  SetRegView 64
  StrCpy $Ending ${DONE}
  ReadRegDWORD $0 HKLM "${UNINSTALL_KEY}" "Language"
  ${If} $0 = ${ENGLISH}
  ${OrIf} $0 = ${GERMAN}
    StrCpy $LANGUAGE $0
  ${EndIf}
  Call un.FindOutput
  Call un.ReadWords
  StrCpy $RemoveData 0
  ${If} $KeepOrRemove == "/REMOVEDATA"
    StrCpy $RemoveData 1
  ${EndIf}
  Call un.FindTakeOver
FunctionEnd

; By the service, or by an engine within this account's window.
Function un.FindTakeOver
  StrCpy $TakenIn ""
  ReadRegStr $0 HKLM "${SMTPSVC_KEY}" "ImagePath"
  ${If} $0 == ""
    Return
  ${EndIf}
  ${If} ${FileExists} "$LOCALAPPDATA\Outtray\${TAKEN}"
    StrCpy $TakenIn "$LOCALAPPDATA\Outtray"
  ${EndIf}
  SetShellVarContext all
  ${If} ${FileExists} "$APPDATA\Outtray\${TAKEN}"
    StrCpy $TakenIn "$APPDATA\Outtray"
  ${EndIf}
  SetShellVarContext current
FunctionEnd

Function un.Begin
  ${If} $AsksForHelp = 1
    ${Show} "$(help_uninstall)"
    SetErrorLevel ${DONE}
    Quit
  ${EndIf}
  Call un.OpenLog
  ${Log} "${PRODUCT} ${VERSION} Uninstall: $CMDLINE"
  ${If} $Wrong != ""
    ${Fail} ${WRONG_WORD} "$(wrong_word)"
  ${EndIf}
  UserInfo::GetAccountType
  Pop $0
  ${If} $0 != "Admin"
    ${Fail} ${NOT_HERE} "$(not_admin)"
  ${EndIf}
  Call un.OnlyOne
FunctionEnd

Function un.AskAboutData
  !insertmacro MUI_HEADER_TEXT "$(uninstall_title)" "$(uninstall_about)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0 100% 34u "$(uninstall_what)"
  Pop $0
  ${NSD_CreateCheckbox} 0 42u 100% 10u "$(remove_data)"
  Pop $DataBox
  ${NSD_SetState} $DataBox $RemoveData
  ${NSD_CreateLabel} 12u 54u 90% 34u "$(remove_data_about)"
  Pop $0
  ${If} $TakenIn != ""
    ${NSD_CreateCheckbox} 0 94u 100% 10u "$(give_back)"
    Pop $BackBox
    ${If} $GiveBack != 0
      ${NSD_Check} $BackBox
    ${EndIf}
    ${NSD_CreateLabel} 12u 106u 90% 26u "$(give_back_about)"
    Pop $0
  ${EndIf}
  GetDlgItem $0 $HWNDPARENT 1
  SendMessage $0 ${WM_SETTEXT} 0 "STR:$(^UninstallBtn)"
  nsDialogs::Show
FunctionEnd

Function un.TakeAnswer
  ${NSD_GetState} $DataBox $RemoveData
  ${If} $TakenIn != ""
    ${NSD_GetState} $BackBox $GiveBack
  ${EndIf}
  ${If} $RemoveData = 1
    MessageBox MB_YESNO|MB_ICONEXCLAMATION|MB_DEFBUTTON2 "$(remove_data_sure)" IDYES sure
    Abort
    sure:
  ${EndIf}
FunctionEnd

Section "Uninstall"
  ${If} ${Silent}
    Call un.Begin
  ${EndIf}
  InitPluginsDir
  SetOutPath "$TEMP" ; not in the folder that is to go
  ${If} ${FileExists} "$INSTDIR\outtrayd.exe"
    StrCpy $Tool '"$INSTDIR\outtrayd.exe"'
    Call un.AskService
    Call un.GiveBack
    ${If} $RemoveData = 1
    ${AndIf} $Ran = 1
      ; Only the account that has stored a password can remove it. When no engine runs, it goes with the account's profile.
      ${Run} '$Tool secret remove --all'
    ${EndIf}
    Call un.StopWhatRuns
    Call un.RemoveService
  ${Else}
    Call un.RemoveServiceByHand
  ${EndIf}
  SetShellVarContext all
  Delete "$SMPROGRAMS\${PRODUCT}.lnk"
  ${If} $RemoveData = 1
    Call un.RemoveOwnData
    Call un.NameOthersData
  ${EndIf}
  Call un.RemovePrograms
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
  ${If} $RemoveData = 0
    ${Log} "$(data_stays)"
  ${EndIf}
  ${Log} "$(uninstalled)"
  SetErrorLevel $Ending
SectionEnd

; While an engine may still run, which leaves the port first.
Function un.GiveBack
  ${If} $TakenIn == ""
    Return
  ${EndIf}
  ${If} $GiveBack = 1
    ${Run} '$Tool import iis --back --data "$TakenIn"'
    ${If} $Code != 0
      ${Complain} "$(not_given_back)"
    ${EndIf}
  ${Else}
    ${Log} "$(smtpsvc_stays)"
  ${EndIf}
FunctionEnd

Function un.RemoveService
  ${Run} '$Tool firewall close'
  ${If} $Code != 0
    ${Complain} "$(firewall_stays)"
  ${EndIf}
  StrCpy $0 '$Tool service uninstall'
  ${If} $RemoveData = 1
    StrCpy $0 '$0 --remove-data'
  ${EndIf}
  ${Run} $0
  ${If} $Code != 0
    ${Fail} ${FAILED} "$(service_stays)"
  ${EndIf}
FunctionEnd

; Somebody has removed the program that would do it.
Function un.RemoveServiceByHand
  ${Run} '"$SYSDIR\sc.exe" stop Outtray'
  ${Run} '"$SYSDIR\sc.exe" delete Outtray'
  ${Run} '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name=Outtray'
  DeleteRegKey HKLM "SYSTEM\CurrentControlSet\Services\EventLog\Application\Outtray"
  DeleteRegKey HKLM "${OWN_KEY}"
  ${If} $RemoveData = 1
    SetShellVarContext all
    Push "$APPDATA\Outtray"
    Call un.RemoveTree
  ${EndIf}
FunctionEnd

; What an engine within this account's window has, and the window itself.
Function un.RemoveOwnData
  SetShellVarContext current
  Push "$LOCALAPPDATA\Outtray"
  Call un.RemoveTree
  Push "$LOCALAPPDATA\${WINDOW_ID}"
  Call un.RemoveTree
  Push "$APPDATA\${WINDOW_ID}"
  Call un.RemoveTree
  Call un.RemoveCredentials
  SetShellVarContext all
FunctionEnd

; Whatever settings there were, and are not any more: by the beginning of their names.
Function un.RemoveCredentials
  System::Call 'advapi32::CredEnumerateW(w "${CREDENTIALS}", i 0, *i .r1, *p .r2) i .r0'
  ${If} $0 = 0
    Return ; there are none
  ${EndIf}
  StrCpy $3 0
  ${DoWhile} $3 < $1
    IntOp $4 $3 * ${NSIS_PTR_SIZE}
    IntPtrOp $4 $2 + $4
    System::Call '*$4(p .r5)'
    System::Call '*$5(i, i .r6, w .r7)' ; flags, type, name
    System::Call 'advapi32::CredDeleteW(w r7, i r6, i 0)'
    IntOp $3 $3 + 1
  ${Loop}
  System::Call 'advapi32::CredFree(p r2)'
FunctionEnd

; The folder on the stack. Not RMDir /r: that follows links out of it.
Function un.RemoveTree
  Exch $0
  ${If} ${FileExists} "$0\*.*"
    ${Run} 'rd /s /q "$0"'
    ${If} ${FileExists} "$0\*.*"
      ${Complain} "$(data_not_removed)"
    ${EndIf}
  ${EndIf}
  Pop $0
FunctionEnd

Function un.NameOthersData
  StrCpy $1 0
  ${Do}
    EnumRegKey $2 HKLM "${PROFILES}" $1
    ${If} $2 == ""
      ${ExitDo}
    ${EndIf}
    IntOp $1 $1 + 1
    ReadRegStr $3 HKLM "${PROFILES}\$2" "ProfileImagePath"
    ExpandEnvStrings $3 $3
    ${If} ${FileExists} "$3\AppData\Local\Outtray\*.*"
      ${Log} "$(others_data)"
    ${EndIf}
  ${Loop}
FunctionEnd

!macro Remove FILE
  ${If} ${FileExists} "$INSTDIR\${FILE}"
    Delete "$INSTDIR\${FILE}"
  ${EndIf}
!macroend

!macro RemoveUnlessRunning FILE
  ${If} "$INSTDIR\${FILE}" != $EXEPATH
    !insertmacro Remove "${FILE}"
  ${EndIf}
!macroend

Function un.RemovePrograms
  ${If} $EXEDIR == $INSTDIR
    ; Started in its place (_?=), so that whoever waits hears how it went. What runs cannot be deleted.
    !insertmacro EachFile RemoveUnlessRunning
    ${Log} "$(last_file)"
    ExecShell "open" "$SYSDIR\cmd.exe" '/D /S /C "ping -n 3 127.0.0.1 >nul & del /q "$EXEPATH" & rd "$INSTDIR""' SW_HIDE
    Return
  ${EndIf}
  StrCpy $1 0
  ${Do}
    ClearErrors
    !insertmacro EachFile Remove
    ${IfNot} ${Errors}
    ${OrIf} $1 >= ${PATIENCE}
      ${ExitDo}
    ${EndIf}
    ; Who has called us may still be ending.
    IntOp $1 $1 + 1
    Sleep 250
  ${Loop}
  ClearErrors
  RMDir "$INSTDIR"
  ${If} ${Errors}
    ${Complain} "$(folder_stays)"
  ${EndIf}
FunctionEnd

; As it was before we came.
Function un.Undo
  ${If} $Stopped = 1
  ${AndIf} $Ran = 1
    StrCpy $Stopped 0
    ${Run} '$Tool service start'
  ${EndIf}
  ${If} $WindowsEnded = 1
    Call un.OpenWindow
  ${EndIf}
FunctionEnd
