; The program files: who uses them is asked to end, then they are exchanged, all of them or none.
;
; Nobody is ended by force and nothing by its name. The service is stopped through the service manager. Of everything
; else Windows is asked which processes use our files (Restart Manager), and only if all of them are windows of ours in
; this session it asks those to end, as at a sign-out: the window stops its engine in an orderly way. An engine that
; somebody runs by hand, or a window in somebody else's session, is not ours to end: Setup says so and changes nothing.

!define PATIENCE 40         ; quarters of a second in which a file must become free
!define PROCESS_INFO 668    ; size of RM_PROCESS_INFO
!define RM_MAIN_WINDOW 1    ; RM_APP_TYPE
!define RM_OTHER_WINDOW 2

; Folders within the one of the programs; names that are nobody else's, since what is in them is deleted.
!define NEW "Outtray-Setup.new"
!define OLD "Outtray-Setup.old"

Var Tool            ; the engine's program to be asked, in quotes
Var Stopped         ; we have stopped the service
Var WindowsEnded    ; we have asked a window to end, and it did
Var Busy            ; the first file in use
Var Broken          ; the first file that could not be exchanged
Var Exchanged
Var PlaceIsNew

!macro EachFile DO
  !insertmacro ${DO} "outtrayd.exe"
  !insertmacro ${DO} "outtray.exe"
  !insertmacro ${DO} "WebView2Loader.dll"
  !insertmacro ${DO} "LICENSE-APACHE.txt"
  !insertmacro ${DO} "LICENSE-MIT.txt"
  !insertmacro ${DO} "uninstall.exe"
!macroend

; A program that runs cannot be opened for writing.
!macro IsFree FILE
  ${If} $Busy == ""
  ${AndIf} "${FILE}" != "uninstall.exe"
  ${AndIf} ${FileExists} "$INSTDIR\${FILE}"
    SetFileAttributes "$INSTDIR\${FILE}" NORMAL
    ClearErrors
    FileOpen $0 "$INSTDIR\${FILE}" a
    ${If} ${Errors}
      StrCpy $Busy "${FILE}"
    ${Else}
      FileClose $0
    ${EndIf}
  ${EndIf}
!macroend

!macro ProgramFunctions UN

; One Setup at a time, whoever runs it.
Function ${UN}OnlyOne
  System::Call 'kernel32::CreateMutexW(p 0, i 0, w "Global\Outtray-Setup") p .r0 ?e'
  Pop $1
  ${If} $0 P= 0
  ${OrIf} $1 = 183 ; ERROR_ALREADY_EXISTS
    ${Fail} ${ANOTHER_SETUP} "$(another_setup)"
  ${EndIf}
FunctionEnd

; $Ran and $HasService: how the service is.
Function ${UN}AskService
  ${Run} '$Tool service status --json'
  ${If} $Code != 0
    ${Fail} ${FAILED} "$(service_unknown)"
  ${EndIf}
  StrCpy $HasService 1
  StrCpy $Ran 0
  StrCpy $0 $Said 15
  ${If} $0 == '{"state":"notIn'
    StrCpy $HasService 0
  ${ElseIf} $0 == '{"state":"runni'
  ${OrIf} $0 == '{"state":"start'
    StrCpy $Ran 1
  ${EndIf}
FunctionEnd

Function ${UN}StopWhatRuns
  ${If} $HasService = 1
    ${Run} '$Tool service stop'
    ${If} $Code != 0
      ${Fail} ${IN_USE} "$(service_not_stopped)"
    ${EndIf}
    StrCpy $Stopped 1
  ${EndIf}
  Call ${UN}AskWindows
  StrCpy $1 0
  ${Do}
    StrCpy $Busy ""
    !insertmacro EachFile IsFree
    ${If} $Busy == ""
    ${OrIf} $1 >= ${PATIENCE}
      ${ExitDo}
    ${EndIf}
    IntOp $1 $1 + 1
    Sleep 250
  ${Loop}
  ${If} $Busy != ""
    ${Fail} ${IN_USE} "$(in_use)"
  ${EndIf}
FunctionEnd

; Asks the windows of this session that use our programs to end.
Function ${UN}AskWindows
  StrCpy $WindowsEnded 0
  ${IfNot} ${FileExists} "$INSTDIR\outtray.exe"
    Return
  ${EndIf}
  System::Alloc 66 ; the session's key
  Pop $1
  ; A call that cannot be made gives "error".
  System::Call 'rstrtmgr::RmStartSession(*i .r2, i 0, p r1) i .r0'
  ${If} $0 != 0
    System::Free $1
    Return
  ${EndIf}
  System::Call '*(&w${NSIS_MAX_STRLEN} "$INSTDIR\outtray.exe") p .r3'
  System::Call '*(p r3) p .r4'
  System::Call 'rstrtmgr::RmRegisterResources(i r2, i 1, p r4, i 0, p 0, i 0, p 0) i .r0'
  ${If} $0 == 0
    Call ${UN}AskThoseOfSession
  ${EndIf}
  System::Call 'rstrtmgr::RmEndSession(i r2)'
  System::Free $4
  System::Free $3
  System::Free $1
FunctionEnd

; $2: a session of the Restart Manager.
Function ${UN}AskThoseOfSession
  System::Alloc ${PROCESS_INFO}0 ; ten of them
  Pop $5
  StrCpy $7 10
  System::Call 'rstrtmgr::RmGetList(i r2, *i .r6, *i r7r7, p r5, *i .r8) i .r0'
  ${If} $0 == 0
  ${AndIf} $7 > 0
    StrCpy $8 1 ; nothing but windows of this session?
    System::Call 'kernel32::GetCurrentProcessId() i .r9'
    System::Call 'kernel32::ProcessIdToSessionId(i r9, *i .r9)'
    StrCpy $6 0
    ${DoWhile} $6 < $7
      IntOp $R0 $6 * ${PROCESS_INFO}
      IntPtrOp $R0 $R0 + $5
      ; Process and its start, name, service, kind, state, session, whether it can be started again.
      System::Call '*$R0(i .R1, i, i, &w256 .R2, &w64, i .R3, i, i .R4, i)'
      ${Log} "$(used_by)"
      ${If} $R4 <> $9
        StrCpy $8 0
      ${ElseIf} $R3 <> ${RM_MAIN_WINDOW}
      ${AndIf} $R3 <> ${RM_OTHER_WINDOW}
        StrCpy $8 0
      ${EndIf}
      IntOp $6 $6 + 1
    ${Loop}
    ${If} $8 = 1
      ${Log} "$(asking_window)"
      System::Call 'rstrtmgr::RmShutdown(i r2, i 0, p 0) i .r0'
      ${If} $0 == 0
        StrCpy $WindowsEnded 1
      ${EndIf}
    ${EndIf}
  ${EndIf}
  System::Free $5
FunctionEnd

; Setup is an administrator; the window must not be one. Explorer is not, and starts what it is given as itself.
Function ${UN}OpenWindow
  Exec '"$WINDIR\explorer.exe" "$INSTDIR\outtray.exe"'
FunctionEnd

!macroend

!insertmacro ProgramFunctions ""
!insertmacro ProgramFunctions "un."

; ---- New ones for old ----

!macro Away FILE
  ${If} $Broken == ""
    ${If} ${FileExists} "$INSTDIR\${FILE}"
      ClearErrors
      Rename "$INSTDIR\${FILE}" "$INSTDIR\${OLD}\${FILE}"
      ${If} ${Errors}
        StrCpy $Broken "${FILE}"
      ${EndIf}
    ${EndIf}
    ${If} $Broken == ""
    ${AndIf} ${FileExists} "$INSTDIR\${NEW}\${FILE}"
      ClearErrors
      Rename "$INSTDIR\${NEW}\${FILE}" "$INSTDIR\${FILE}"
      ${If} ${Errors}
        StrCpy $Broken "${FILE}"
      ${EndIf}
    ${EndIf}
  ${EndIf}
!macroend

; In the same order: what comes after the broken one was not touched.
!macro Back FILE
  ${If} $Broken != ""
    ${If} "${FILE}" != $Broken
      Delete "$INSTDIR\${FILE}"
    ${EndIf}
    ${If} ${FileExists} "$INSTDIR\${OLD}\${FILE}"
      Rename "$INSTDIR\${OLD}\${FILE}" "$INSTDIR\${FILE}"
    ${EndIf}
    ${If} "${FILE}" == $Broken
      StrCpy $Broken ""
    ${EndIf}
  ${EndIf}
!macroend

; The new ones beside the old: the service still runs.
!macro Unpack
  StrCpy $PlaceIsNew 1
  ${If} ${FileExists} "$INSTDIR\*.*"
    StrCpy $PlaceIsNew 0
  ${EndIf}
  ; What an earlier Setup may have left when the machine went down.
  RMDir /r "$INSTDIR\${NEW}"
  RMDir /r "$INSTDIR\${OLD}"
  CreateDirectory "$INSTDIR"
  Call CloseToOthers
  ClearErrors
  SetOutPath "$INSTDIR\${NEW}"
  File "${PROGRAMS}/outtrayd.exe"
  !ifdef WINDOW
    File "${PROGRAMS}/outtray.exe"
  !endif
  ; Beside the window when it was not linked with it.
  !if /FileExists "${PROGRAMS}/WebView2Loader.dll"
    File "${PROGRAMS}/WebView2Loader.dll"
  !endif
  File "/oname=LICENSE-APACHE.txt" "../../LICENSE-APACHE"
  File "/oname=LICENSE-MIT.txt" "../../LICENSE-MIT"
  WriteUninstaller "$INSTDIR\${NEW}\uninstall.exe"
  SetOutPath "$TEMP"
  CreateDirectory "$INSTDIR\${OLD}"
  ${If} ${Errors}
    ${Fail} ${FAILED} "$(not_written)"
  ${EndIf}
!macroend

Function Exchange
  StrCpy $Broken ""
  !insertmacro EachFile Away
  ${If} $Broken != ""
    StrCpy $Busy $Broken
    !insertmacro EachFile Back
    ${Fail} ${IN_USE} "$(in_use)"
  ${EndIf}
  StrCpy $Exchanged 1
  RMDir /r "$INSTDIR\${NEW}"
  RMDir /r "$INSTDIR\${OLD}"
  ${Log} "$(programs_there)"
FunctionEnd

; Program Files is closed to all but administrators; another folder may not be, and what lies there is run by a service.
Function CloseToOthers
  StrLen $0 "$PROGRAMFILES64\"
  StrCpy $1 $INSTDIR $0
  ${If} $PlaceIsNew = 1
  ${AndIf} $1 != "$PROGRAMFILES64\"
    ; System and administrators everything, users reading and running.
    ${Run} '"$SYSDIR\icacls.exe" "$INSTDIR" /inheritance:r /grant *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-32-545:(OI)(CI)RX'
    ${If} $Code != 0
      ${Fail} ${FAILED} "$(not_written)"
    ${EndIf}
  ${EndIf}
FunctionEnd

; As it was before we came, when we end before the programs were exchanged.
Function Undo
  ${If} $Exchanged != 1
    ${If} ${FileExists} "$INSTDIR\${NEW}\*.*"
      RMDir /r "$INSTDIR\${NEW}"
    ${EndIf}
    RMDir "$INSTDIR\${OLD}"
    ${If} $PlaceIsNew = 1
      RMDir "$INSTDIR"
    ${EndIf}
    ${If} $Stopped = 1
    ${AndIf} $Ran = 1
      StrCpy $Stopped 0
      ${Run} '$Tool service start'
    ${EndIf}
    ${If} $WindowsEnded = 1
      Call OpenWindow
    ${EndIf}
  ${EndIf}
  Call PutToolAway
FunctionEnd
