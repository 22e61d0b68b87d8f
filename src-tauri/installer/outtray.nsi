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
;   service.nsh    the service                       firewall.nsh  the rule that lets devices in
;   register.nsh   what Windows is told              webview2.nsh  what the window needs of Windows
;   uninstall.nsh  uninstall.exe
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
!include service.nsh
!include firewall.nsh
!include register.nsh
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
  ${Else}
    Call LookForPublicNetwork
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
    ${If} $WindowsEnded = 1
    ${AndIf} $WebView2Is != ""
      ; The one that was open before is open afterwards. Without WebView2 it could only complain, and be in the next one's way.
      Call OpenWindow
    ${EndIf}
  !endif
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
  Call JudgeFolder
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
  ${If} $HasService = 1
    ; Whoever installed it: it is brought up to date.
    IntOp $0 ${SF_SELECTED} | ${SF_RO}
    SectionSetFlags ${SERVICE_SECTION} $0
  ${Else}
    !insertmacro Select ${SERVICE_SECTION} $Service
  ${EndIf}
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

; Edges in dialog units, as the page has them.
!macro Place CONTROL LEFT TOP RIGHT BOTTOM
  System::Call '*(i ${LEFT}, i ${TOP}, i ${RIGHT}, i ${BOTTOM}) p .r0'
  System::Call 'user32::MapDialogRect(p $mui.FinishPage, p r0)'
  System::Call '*$0(i .r1, i .r2, i .r3, i .r4)'
  System::Free $0
  IntOp $3 $3 - $1
  IntOp $4 $4 - $2
  System::Call 'user32::MoveWindow(p ${CONTROL}, i r1, i r2, i r3, i r4, i 1)'
!macroend

Function ShowFinish
  !ifdef WINDOW
    ; Several things may have to be said: the box to tick goes to the end of the page, and the text gets the room.
    !insertmacro Place $mui.FinishPage.Text 120 45 315 172
    !insertmacro Place $mui.FinishPage.Run 120 176 315 186
    ${If} $WebView2Is == ""
      SendMessage $mui.FinishPage.Run ${BM_SETCHECK} ${BST_UNCHECKED} 0
    ${EndIf}
  !endif
FunctionEnd

Function .onInstFailed
  Call Undo
  SetErrorLevel ${FAILED}
FunctionEnd
