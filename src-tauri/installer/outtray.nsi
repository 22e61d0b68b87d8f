Target amd64-unicode
; Outtray-Setup.exe: puts Outtray on a Windows machine, brings it up to date, takes it away.
;
; In, from `cargo xtask windows`:
;   VERSION   of the programs      PROGRAMS  the folder they are in      SETUP  where the installer goes
;   QUICK     pack quickly: for trials          SIGN  a command line that signs the file "%1"
;
;   outtray.nsi    what is installed, in which order, and what is asked before
;   words.nsh      the command line                  texts.nsh     everything people read, in every language
;   log.nsh        the log, programs that are run, and the ends that are no success
;   programs.nsh   program files: free, asked for, exchanged
;   webview2.nsh   what the window needs of Windows  uninstall.nsh  uninstall.exe
;
; Promises: nothing is changed before everything was checked; the programs are exchanged all or none; what ran before
; runs afterwards, and what stood still does; queue, settings and passwords are touched only by who asks for it.

!define PRODUCT "Outtray"
!define SERVICE_KEY "SYSTEM\CurrentControlSet\Services\Outtray"
!define OWN_KEY "SOFTWARE\Outtray"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Outtray"
; As the window names itself to Windows: else its notifications are not shown.
!define WINDOW_ID "io.outtray.relay"

; How Setup ends. The README and the winget manifest say the same.
!define DONE 0
!define FAILED 2
!define WRONG_WORD 3
!define WRONG_SETTINGS 4
!define NEWER_IS_THERE 5
!define IN_USE 6
!define ANOTHER_SETUP 7
!define NOT_ALL 8
!define NOT_HERE 9

; "1.2.3-beta" is 1.2.3 to whoever compares numbers.
!searchparse "${VERSION}-" "" NUMBERS "-"

!if /FileExists "${PROGRAMS}/outtray.exe"
  !define WINDOW
!endif

!ifdef QUICK
  SetCompress off
!else
  SetCompressor /SOLID lzma
!endif

Name "${PRODUCT}"
OutFile "${SETUP}"
InstallDir "$PROGRAMFILES64\${PRODUCT}"
RequestExecutionLevel admin
CRCCheck force
ManifestSupportedOS Win10
ManifestDPIAware true
ManifestLongPathAware true
BrandingText "${PRODUCT} ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${NUMBERS}.0"
VIFileVersion "${NUMBERS}.0"
VIAddVersionKey "ProductName" "${PRODUCT}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "${PRODUCT} Setup"
VIAddVersionKey "CompanyName" "${PRODUCT}"
VIAddVersionKey "LegalCopyright" "MIT or Apache-2.0"
VIAddVersionKey "OriginalFilename" "Outtray-Setup.exe"

!ifdef SIGN
  !uninstfinalize `${SIGN}` = 0
  !finalize `${SIGN}` = 0
!endif

!include LogicLib.nsh
!include FileFunc.nsh
!include TextFunc.nsh
!include WordFunc.nsh
!include WinVer.nsh
!include Sections.nsh
!include nsDialogs.nsh
!include Win\COM.nsh
!include Win\Propkey.nsh
!define MUI_ICON "..\..\icons\icon.ico"
!define MUI_UNICON "..\..\icons\icon.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "side.bmp"
!define MUI_WELCOMEFINISHPAGE_BITMAP_STRETCH AspectFitHeight
!define MUI_COMPONENTSPAGE_SMALLDESC
!define MUI_ABORTWARNING
!define MUI_CUSTOMFUNCTION_GUIINIT Begin
!define MUI_CUSTOMFUNCTION_UNGUIINIT un.Begin
!include MUI2.nsh

; ---- What was asked for; empty: nobody said. ----
Var Service
Var Start
Var Firewall
Var Ports
Var Networks
Var Settings
Var User
Var Shortcut
Var WebView2

; ---- What is there. ----
Var Before      ; the version, if there is one
Var HasService
Var Ran         ; the service ran when we came
Var OwnMail     ; an engine within this account's window has mail
Var Upgrade     ; what the first page says of it

!include texts.nsh
!include log.nsh
!include words.nsh
!include programs.nsh
!include webview2.nsh
!include uninstall.nsh

; ---- Pages ----

!define MUI_WELCOMEPAGE_TITLE "$(welcome_title)"
!define MUI_WELCOMEPAGE_TEXT "$(welcome)"
!insertmacro MUI_PAGE_WELCOME
!define MUI_PAGE_CUSTOMFUNCTION_PRE OnlyTheFirstTime
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE TakeChoice
!insertmacro MUI_PAGE_COMPONENTS
Page custom AskDevices TakeDevices
!define MUI_PAGE_CUSTOMFUNCTION_PRE OnlyTheFirstTime
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_TEXT_LARGE
!define MUI_FINISHPAGE_TEXT "$(finish)$\r$\n$\r$\n$Note"
!ifdef WINDOW
  !define MUI_FINISHPAGE_RUN
  !define MUI_FINISHPAGE_RUN_TEXT "$(open_window)"
  !define MUI_FINISHPAGE_RUN_FUNCTION OpenWindow
!endif
!define MUI_PAGE_CUSTOMFUNCTION_SHOW ShowFinish
!insertmacro MUI_PAGE_FINISH

UninstPage custom un.AskAboutData un.TakeAnswer
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
!insertmacro Texts

; What an upgrade meets was chosen before.
Function OnlyTheFirstTime
  ${If} $Before != ""
    Abort
  ${EndIf}
FunctionEnd

; ---- Sections ----

; Without a window nobody has begun yet.
Section "-begin"
  ${If} ${Silent}
    Call Begin
  ${EndIf}
  Call Check
SectionEnd

Section "${PRODUCT}" PROGRAMS_SECTION
  SectionIn RO
  !insertmacro Unpack
  Call AskService
  Call StopWhatRuns
  Call Exchange
  Call Register
SectionEnd

Section "$(service_name)" SERVICE_SECTION
  Call InstallService
SectionEnd

Section "$(firewall_name)" FIREWALL_SECTION
  StrCpy $0 '"$INSTDIR\outtrayd.exe" firewall open'
  Call AddOpening
  ${Run} $0
  ${If} $Code != 0
    ${Complain} "$(firewall_failed)"
  ${EndIf}
SectionEnd

!ifdef WINDOW
Section "$(shortcut_name)" SHORTCUT_SECTION
  SetShellVarContext all
  SetOutPath "$INSTDIR"
  CreateShortcut "$SMPROGRAMS\${PRODUCT}.lnk" "$INSTDIR\outtray.exe" "" "" "" "" "" "$(shortcut_tip)"
  Call NameShortcut
  SetOutPath "$TEMP"
SectionEnd
!endif

Section "-end"
  !ifdef WINDOW
    Call LookForWebView2
  !endif
  ${If} $WindowsEnded = 1
    ; The one that was open before is open afterwards.
    Call OpenWindow
  ${EndIf}
  Call PutToolAway
  ${Log} "$(done)"
  SetErrorLevel $Ending
SectionEnd

!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
  !insertmacro MUI_DESCRIPTION_TEXT ${PROGRAMS_SECTION} "$(programs_about)"
  !insertmacro MUI_DESCRIPTION_TEXT ${SERVICE_SECTION} "$(service_about)"
  !insertmacro MUI_DESCRIPTION_TEXT ${FIREWALL_SECTION} "$(firewall_about)"
  !ifdef WINDOW
    !insertmacro MUI_DESCRIPTION_TEXT ${SHORTCUT_SECTION} "$(shortcut_about)"
  !endif
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; ---- Before anything is changed ----

Function .onInit
  SetRegView 64
  StrCpy $Ending ${DONE}
  ReadRegStr $Before HKLM "${UNINSTALL_KEY}" "DisplayVersion"
  ReadRegStr $Place HKLM "${UNINSTALL_KEY}" "InstallLocation"
  ReadRegStr $0 HKLM "${SERVICE_KEY}" "ImagePath"
  ${If} $0 != ""
    StrCpy $HasService 1
  ${Else}
    StrCpy $HasService 0
  ${EndIf}
  ${If} $Place != ""
  ${AndIf} $INSTDIR == "$PROGRAMFILES64\${PRODUCT}"
    StrCpy $INSTDIR $Place
  ${EndIf}
  Call FindOutput
  Call ReadWords
  Call Propose
FunctionEnd

; What is done where nobody said. An upgrade adds nothing that was not there.
Function Propose
  ${If} $Before == ""
    ${If} $Service == ""
      StrCpy $Service 1
      ${If} $HasService = 0
      ${AndIf} ${FileExists} "$LOCALAPPDATA\Outtray\queue.db"
      ${AndIf} $Settings == ""
        ; An engine within this account's window has mail. The window takes it along into a service; Setup cannot.
        StrCpy $Service 0
        StrCpy $OwnMail 1
      ${EndIf}
    ${EndIf}
    ${If} $Firewall == ""
      StrCpy $Firewall 1
    ${EndIf}
    ${If} $Shortcut == ""
      StrCpy $Shortcut 1
    ${EndIf}
  ${EndIf}
  ${If} $Firewall == ""
    ${If} $Ports != ""
    ${OrIf} $Networks != ""
      StrCpy $Firewall 1
    ${EndIf}
  ${EndIf}
  ; A service that is there is brought up to date, whoever installed it.
  ${If} $HasService = 1
    StrCpy $0 1
  ${Else}
    StrCpy $0 $Service
  ${EndIf}
  !insertmacro Select ${SERVICE_SECTION} $0
  !insertmacro Select ${FIREWALL_SECTION} $Firewall
  !ifdef WINDOW
    !insertmacro Select ${SHORTCUT_SECTION} $Shortcut
  !endif
FunctionEnd

Function TakeChoice
  !insertmacro Selected ${SERVICE_SECTION} $Service
  !insertmacro Selected ${FIREWALL_SECTION} $Firewall
FunctionEnd

; Called when there is a language to speak.
Function Begin
  ${If} $AsksForHelp = 1
    ${Show} "$(help)"
    SetErrorLevel ${DONE}
    Quit
  ${EndIf}
  Call OpenLog
  ${Log} "${PRODUCT} ${VERSION} Setup: $CMDLINE"
  ${If} $Wrong != ""
    ${Fail} ${WRONG_WORD} "$(wrong_word)"
  ${EndIf}
  UserInfo::GetAccountType
  Pop $0
  ${If} $0 != "Admin"
    ${Fail} ${NOT_HERE} "$(not_admin)"
  ${EndIf}
  ${WinVerGetBuild} $0
  ${IfNot} ${AtLeastWin10}
  ${OrIf} $0 < 14393
    ${Fail} ${NOT_HERE} "$(too_old)"
  ${EndIf}
  Call OnlyOne
  ${If} $OwnMail = 1
    ${Log} "$(own_mail_here)"
  ${EndIf}
  StrCpy $Upgrade "$(first_time)"
  ${If} $Before != ""
    StrCpy $Upgrade "$(upgrade)"
    !insertmacro NumbersOf $Before $0
    ${VersionCompare} $0 "${NUMBERS}" $1
    ${If} $1 = 1
      ${Fail} ${NEWER_IS_THERE} "$(newer_is_there)"
    ${EndIf}
  ${EndIf}
  ${If} $Place != ""
  ${AndIf} $Place != $INSTDIR
    ${Fail} ${WRONG_WORD} "$(other_place)"
  ${EndIf}
  ${If} $HasService = 0
  ${AndIf} $Service != 1
    ${If} $Settings != ""
    ${OrIf} $Start = 1
    ${OrIf} $User != ""
      ${Fail} ${WRONG_WORD} "$(needs_service)"
    ${EndIf}
  ${EndIf}
  ${If} $Firewall = 0
    ${If} $Ports != ""
    ${OrIf} $Networks != ""
      ${Fail} ${WRONG_WORD} "$(needs_firewall)"
    ${EndIf}
  ${EndIf}
  ${If} $User != ""
    StrCpy $0 $User 4
    StrCpy $1 $User "" 4
    !insertmacro OnlyOf "0123456789-" $1
    ${If} $0 != "S-1-"
    ${OrIf} $1 == "?"
      ${Fail} ${WRONG_WORD} "$(wrong_user)"
    ${EndIf}
  ${EndIf}
FunctionEnd

; What only the engine can judge. It is unpacked to the side for that; nothing is installed yet.
Function Check
  Call UnpackTool
  ${If} $Settings != ""
    ${Run} '$Tool settings check "$Settings"'
    ${If} $Code != 0
      ${Fail} ${WRONG_SETTINGS} "$(wrong_settings)"
    ${EndIf}
  ${EndIf}
  ${If} $Ports$Networks != ""
    Call CheckOpening
    ${If} $Code != 0
      ${Fail} ${WRONG_WORD} "$(wrong_opening)"
    ${EndIf}
  ${EndIf}
FunctionEnd

Function UnpackTool
  ${If} $Tool == ""
    InitPluginsDir
    SetOutPath "$PLUGINSDIR"
    File "${PROGRAMS}/outtrayd.exe"
    SetOutPath "$TEMP"
    StrCpy $Tool '"$PLUGINSDIR\outtrayd.exe"'
  ${EndIf}
FunctionEnd

; At once after its end Windows may still hold it, and it would stay.
Function PutToolAway
  ${If} $Tool == ""
    Return
  ${EndIf}
  StrCpy $Tool ""
  StrCpy $0 0
  ${Do}
    ClearErrors
    Delete "$PLUGINSDIR\outtrayd.exe"
    IntOp $0 $0 + 1
    ${IfNot} ${Errors}
    ${OrIf} $0 >= ${PATIENCE}
      ${ExitDo}
    ${EndIf}
    Sleep 250
  ${Loop}
FunctionEnd

Function CheckOpening
  StrCpy $0 '$Tool firewall open --dry-run'
  Call AddOpening
  ${Run} $0
FunctionEnd

; $0: a command line, which gets what was chosen.
Function AddOpening
  ${If} $Ports != ""
    StrCpy $0 '$0 --ports "$Ports"'
  ${EndIf}
  ${If} $Networks != ""
    StrCpy $0 '$0 --networks "$Networks"'
  ${EndIf}
FunctionEnd

; ---- Page: which devices are let in ----

Var PortsField
Var NetworksField

Function AskDevices
  ${If} $Before != ""
  ${OrIf} $Firewall != 1
    Abort
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "$(firewall_name)" "$(devices_about)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0 100% 10u "$(ports_label)"
  Pop $0
  ${NSD_CreateText} 0 12u 60% 12u $Ports
  Pop $PortsField
  ${NSD_CreateLabel} 0 26u 100% 18u "$(ports_about)"
  Pop $0
  ${NSD_CreateLabel} 0 52u 100% 10u "$(networks_label)"
  Pop $0
  ${NSD_CreateText} 0 64u 100% 12u $Networks
  Pop $NetworksField
  ${NSD_CreateLabel} 0 78u 100% 36u "$(networks_about)"
  Pop $0
  nsDialogs::Show
FunctionEnd

Function TakeDevices
  ${NSD_GetText} $PortsField $Ports
  ${NSD_GetText} $NetworksField $Networks
  !insertmacro Tidy $Ports
  !insertmacro Tidy $Networks
  ${If} $Ports == "?"
  ${OrIf} $Networks == "?"
    StrCpy $Said ""
    StrCpy $Code 2
  ${Else}
    Call UnpackTool
    Call CheckOpening
  ${EndIf}
  ${If} $Code != 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "$(wrong_opening)$\r$\n$\r$\n$Said"
    Abort
  ${EndIf}
FunctionEnd

; ---- Service ----

Function InstallService
  StrCpy $0 '"$INSTDIR\outtrayd.exe" service install'
  ${If} $Settings != ""
    StrCpy $0 '$0 --settings "$Settings"'
  ${EndIf}
  ${If} $User == ""
    ReadRegStr $1 HKLM "${OWN_KEY}" "InstalledBy"
    ${If} $1 == ""
      Call WhoInstalls
    ${EndIf}
  ${EndIf}
  ${If} $User != ""
    StrCpy $0 '$0 --user $User'
  ${EndIf}
  ${Run} $0
  ${If} $Code != 0
    ${Complain} "$(service_failed)"
    Return
  ${EndIf}
  ${If} $Start == ""
    ${If} $HasService = 1
      StrCpy $Start $Ran
    ${Else}
      StrCpy $Start 1
    ${EndIf}
  ${EndIf}
  ${If} $Start = 1
    ${Run} '"$INSTDIR\outtrayd.exe" service start'
    ${If} $Code != 0
      ${Complain} "$(service_not_started)"
    ${EndIf}
  ${EndIf}
FunctionEnd

; $User: the account this runs as, whose window may speak to the service. Not Windows itself, which may anyway.
Function WhoInstalls
  Push $0
  System::Call 'advapi32::OpenProcessToken(p -1, i 8, *p .r1) i .r0' ; TOKEN_QUERY
  ${If} $0 <> 0
    System::Alloc 128 ; a TOKEN_USER with its SID, which has 68 bytes at most
    Pop $2
    System::Call 'advapi32::GetTokenInformation(p r1, i 1, p r2, i 128, *i) i .r0' ; TokenUser
    ${If} $0 <> 0
      System::Call '*$2(p .r3)'
      System::Call 'advapi32::ConvertSidToStringSidW(p r3, *p .r4) i .r0'
      ${If} $0 <> 0
        System::Call '*$4(&w200 .r5)'
        System::Call 'kernel32::LocalFree(p r4)'
        ${If} $5 != "S-1-5-18"
          StrCpy $User $5
        ${EndIf}
      ${EndIf}
    ${EndIf}
    System::Free $2
    System::Call 'kernel32::CloseHandle(p r1)'
  ${EndIf}
  Pop $0
FunctionEnd

; ---- What Windows is told ----

Function Register
  ClearErrors
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayName" "${PRODUCT}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "Publisher" "${PRODUCT}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\outtrayd.exe,0"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  ; By itself it would go on from a copy, and end at once for whoever waits.
  WriteRegStr HKLM "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S _?=$INSTDIR'
  WriteRegStr HKLM "${UNINSTALL_KEY}" "Comments" "$(shortcut_tip)"
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "Language" $LANGUAGE
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoRepair" 1
  ${GetTime} "" "L" $0 $1 $2 $3 $4 $5 $6
  WriteRegStr HKLM "${UNINSTALL_KEY}" "InstallDate" "$2$1$0"
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "EstimatedSize" $0
  ${If} ${Errors}
    ${Complain} "$(not_registered)"
  ${EndIf}
FunctionEnd

!ifdef WINDOW
; Notifications belong to a program that has a shortcut with its name.
Function NameShortcut
  !insertmacro ComHlpr_CreateInProcInstance ${CLSID_ShellLink} ${IID_IShellLink} r0 ""
  ${If} $0 P= 0
    Return
  ${EndIf}
  ${IUnknown::QueryInterface} $0 '("${IID_IPersistFile}",.r1)'
  ${If} $1 P<> 0
    ${IPersistFile::Load} $1 '("$SMPROGRAMS\${PRODUCT}.lnk",${STGM_READWRITE})'
    ${IUnknown::QueryInterface} $0 '("${IID_IPropertyStore}",.r2)'
    ${If} $2 P<> 0
      System::Call '*(&w32 "${WINDOW_ID}") p .r3'
      System::Call '*${SYSSTRUCT_PROPERTYKEY}(${PKEY_AppUserModel_ID}) p .r4'
      System::Call '*(&i2 31,&i6 0,p r3,p 0) p .r5' ; a PROPVARIANT that is VT_LPWSTR
      ${IPropertyStore::SetValue} $2 '($4,$5)'
      ${IPropertyStore::Commit} $2 ""
      ${IPersistFile::Save} $1 '("$SMPROGRAMS\${PRODUCT}.lnk",1)'
      System::Free $5
      System::Free $4
      System::Free $3
      ${IUnknown::Release} $2 ""
    ${EndIf}
    ${IUnknown::Release} $1 ""
  ${EndIf}
  ${IUnknown::Release} $0 ""
FunctionEnd
!endif

Function ShowFinish
  !ifdef WINDOW
    ${If} $WebView2Is == ""
      SendMessage $mui.FinishPage.Run ${BM_SETCHECK} ${BST_UNCHECKED} 0
    ${EndIf}
  !endif
FunctionEnd

Function .onInstFailed
  Call Undo
  SetErrorLevel ${FAILED}
FunctionEnd
