; The log, programs that are run, and the ends that are no success.
;
; The log is text in UTF-8, one line a step, in the language of the person; what a program said stands under its line.
; Where Setup's standard output leads somewhere (a deployment tool, a file), it gets the same.
; By default it lies where only administrators may write: Setup is one, and must not be led to another file.

Var LogFile
Var Log         ; handles; 0: none
Var Out
Var Code        ; how the last program ended, and what it said (as much as fits)
Var Said
Var Ending      ; what Setup ends with
Var Note        ; what did not work although the rest did, for the last page

!macro Log TEXT
  Push "${TEXT}"
  !ifdef __UNINSTALL__
    Call un.LogLine
  !else
    Call LogLine
  !endif
!macroend
!define Log "!insertmacro Log"

; Runs a command line to its end: $Code, $Said.
!macro Run LINE
  Push `${LINE}`
  !ifdef __UNINSTALL__
    Call un.RunLine
  !else
    Call RunLine
  !endif
!macroend
!define Run "!insertmacro Run"

; Tells a person; without one, the standard output.
!macro Show TEXT
  Push "${TEXT}"
  !ifdef __UNINSTALL__
    Call un.ShowText
  !else
    Call ShowText
  !endif
!macroend
!define Show "!insertmacro Show"

; Ends Setup, after everything is as it was.
!macro Fail CODE TEXT
  Push ${CODE}
  Push "${TEXT}"
  !ifdef __UNINSTALL__
    Call un.FailWith
  !else
    Call FailWith
  !endif
!macroend
!define Fail "!insertmacro Fail"

; Goes on, and says so at the end.
!macro Complain TEXT
  Push "${TEXT}"
  !ifdef __UNINSTALL__
    Call un.ComplainOf
  !else
    Call ComplainOf
  !endif
!macroend
!define Complain "!insertmacro Complain"

; For the last page, after what else stands there.
!macro AddNote TEXT
  ${If} $Note != ""
    StrCpy $Note "$Note$\r$\n$\r$\n"
  ${EndIf}
  StrCpy $Note "$Note${TEXT}"
!macroend
!define AddNote "!insertmacro AddNote"

; What went wrong ($0), what the program said if it was one, and where the rest stands.
!macro Tell ICON
  ${IfNot} ${Silent}
    StrCpy $1 ""
    ${If} $Code != 0
    ${AndIf} $Said != ""
      StrCpy $1 "$\r$\n$\r$\n$Said"
    ${EndIf}
    MessageBox MB_OK|${ICON} "$0$1$\r$\n$\r$\n$(see_log)"
  ${EndIf}
!macroend

!macro LogFunctions UN

Function ${UN}OpenLog
  StrCpy $Log 0
  ${If} $LogFile == ""
    CreateDirectory "$WINDIR\Logs"
    StrCpy $LogFile "$WINDIR\Logs\Outtray-Setup.log"
    StrCpy $0 0
  ${Else}
    StrCpy $0 1
  ${EndIf}
  ClearErrors
  FileOpen $Log $LogFile a
  ${If} ${Errors}
    StrCpy $Log 0
    ${If} $0 = 1
      ${Fail} ${WRONG_WORD} "$(no_log)"
    ${EndIf}
  ${Else}
    FileSeek $Log 0 END
  ${EndIf}
FunctionEnd

; $Out, if there is one: a file, a pipe, a console.
Function ${UN}FindOutput
  StrCpy $Out 0
  System::Call 'kernel32::GetStdHandle(i -11) p .r0'
  ${If} $0 P<> 0
  ${AndIf} $0 P<> -1
    System::Call 'kernel32::GetFileType(p r0) i .r1'
    ${If} $1 <> 0
      StrCpy $Out $0
    ${EndIf}
  ${EndIf}
FunctionEnd

; Bytes at $1, $2 of them, to the log and to the output.
Function ${UN}WriteBytes
  Push $3
  ${If} $Log <> 0
    System::Call 'kernel32::WriteFile(p $Log, p r1, i r2, *i .r3, p 0)'
  ${EndIf}
  ${If} $Out <> 0
    System::Call 'kernel32::WriteFile(p $Out, p r1, i r2, *i .r3, p 0)'
  ${EndIf}
  Pop $3
FunctionEnd

; Text from the stack, in UTF-8.
Function ${UN}WriteText
  Exch $0
  Push $1
  Push $2
  System::Call 'kernel32::WideCharToMultiByte(i 65001, i 0, w r0, i -1, p 0, i 0, p 0, p 0) i .r2'
  System::Alloc $2
  Pop $1
  System::Call 'kernel32::WideCharToMultiByte(i 65001, i 0, w r0, i -1, p r1, i r2, p 0, p 0)'
  IntOp $2 $2 - 1
  Call ${UN}WriteBytes
  System::Free $1
  Pop $2
  Pop $1
  Pop $0
FunctionEnd

Function ${UN}LogLine
  Exch $0
  Push $1
  Push $2
  Push $3
  Push $4
  Push $5
  Push $6
  Push $7
  ${GetTime} "" "L" $1 $2 $3 $4 $5 $6 $7
  Push "$3-$2-$1 $5:$6:$7  $0$\r$\n"
  Call ${UN}WriteText
  StrCpy $1 $0 1
  ${If} $1 != ">" ; nobody at the window wants to read command lines
    DetailPrint $0
  ${EndIf}
  Pop $7
  Pop $6
  Pop $5
  Pop $4
  Pop $3
  Pop $2
  Pop $1
  Pop $0
FunctionEnd

; Through the command processor, which alone can lead what a program says into a file.
Function ${UN}RunLine
  Exch $0
  Push $1
  ${Log} "> $0"
  ; "error" says that nothing was started: memory is short for a moment, or something watches over every start.
  ${For} $1 1 5
    nsExec::Exec '"$SYSDIR\cmd.exe" /D /S /C "$0 >"$PLUGINSDIR\said.txt" 2>&1"'
    Pop $Code
    ${If} $Code != "error"
      ${Break}
    ${EndIf}
    ${Log} "$(not_run)"
    Sleep 1000
  ${Next}
  Call ${UN}ReadSaid
  ${If} $Code != 0
    ${Log} "$(ended_with)"
  ${EndIf}
  Pop $1
  Pop $0
FunctionEnd

Function ${UN}ReadSaid
  Push $0
  Push $1
  Push $2
  Push $3
  Push $4
  StrCpy $Said ""
  ClearErrors
  FileOpen $0 "$PLUGINSDIR\said.txt" r
  ${IfNot} ${Errors}
    System::Call 'kernel32::GetFileSize(p r0, p 0) i .r2'
    ${If} $2 > 0
      System::Alloc $2
      Pop $1
      System::Call 'kernel32::ReadFile(p r0, p r1, i r2, *i .r2, p 0)'
      Call ${UN}WriteBytes
      ; A message box has no room for more.
      ${If} $2 > 600
        StrCpy $2 600
      ${EndIf}
      System::Alloc 2048
      Pop $3
      System::Call 'kernel32::MultiByteToWideChar(i 65001, i 0, p r1, i r2, p r3, i 1023)'
      System::Call '*$3(&w1023 .r4)'
      ${TrimNewLines} $4 $Said
      System::Free $3
      System::Free $1
    ${EndIf}
    FileClose $0
  ${EndIf}
  Pop $4
  Pop $3
  Pop $2
  Pop $1
  Pop $0
FunctionEnd

Function ${UN}ShowText
  Exch $0
  ${If} ${Silent}
    Push "$0$\r$\n"
    Call ${UN}WriteText
  ${Else}
    MessageBox MB_OK|MB_ICONINFORMATION $0
  ${EndIf}
  Pop $0
FunctionEnd

Function ${UN}FailWith
  Pop $0
  Pop $Ending
  ${Log} $0
  Call ${UN}Undo
  !insertmacro Tell MB_ICONSTOP
  SetErrorLevel $Ending
  Quit
FunctionEnd

Function ${UN}ComplainOf
  Exch $0
  ${Log} $0
  StrCpy $Ending ${NOT_ALL}
  ${AddNote} $0
  Push $1
  !insertmacro Tell MB_ICONEXCLAMATION
  Pop $1
  Pop $0
FunctionEnd

!macroend

!insertmacro LogFunctions ""
!insertmacro LogFunctions "un."
