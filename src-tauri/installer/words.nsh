; The command line. A word that is not known ends Setup before anything is done.
;
; NSIS itself reads /S and, at the end and without quotes, /D=; here they are only known and judged. Case does not matter.

!define ENGLISH 1033
!define GERMAN 1031

Var Rest        ; what is still to be read
Var Word
Var Name
Var Value
Var Wrong       ; the first word that was wrong
Var AsksForHelp
Var Place       ; where it is installed
Var KeepOrRemove
Var GiveBack

; The first one is told; the rest is read all the same, for the language and the log to tell it in.
!macro IsWrong
  ${If} $Wrong == ""
    StrCpy $Wrong $Word
  ${EndIf}
!macroend

!macro YesOrNo VARIABLE
  ${If} $Value == "0"
  ${OrIf} $Value == "1"
    StrCpy ${VARIABLE} $Value
  ${Else}
    !insertmacro IsWrong
  ${EndIf}
!macroend

!macro Text VARIABLE
  ${If} $Value == ""
    !insertmacro IsWrong
  ${Else}
    StrCpy ${VARIABLE} $Value
  ${EndIf}
!macroend

; For the command line of a program: without spaces, and "?" when there is anything but these letters in it.
!macro OnlyOf LETTERS VARIABLE
  Push "${LETTERS}"
  Push ${VARIABLE}
  Call OnlyOfThese
  Pop ${VARIABLE}
!macroend

; A list of ports or networks.
!macro Tidy VARIABLE
  !insertmacro OnlyOf "0123456789.,:/-abcdefghijklmnopqrstuvwxyz" ${VARIABLE}
!macroend

!macro Select SECTION WANTED
  ${If} ${WANTED} = 1
    !insertmacro SelectSection ${SECTION}
  ${Else}
    !insertmacro UnselectSection ${SECTION}
  ${EndIf}
!macroend

!macro Selected SECTION VARIABLE
  ${If} ${SectionIsSelected} ${SECTION}
    StrCpy ${VARIABLE} 1
  ${Else}
    StrCpy ${VARIABLE} 0
  ${EndIf}
!macroend

!macro NumbersOf VERSION INTO
  ${WordFind} "${VERSION}" "-" "+1" ${INTO}
!macroend

!macro WordFunctions UN

; The next of $Rest into $Word, without its quotes.
Function ${UN}NextWord
  StrCpy $Word ""
  StrCpy $1 0 ; within quotes?
  ${Do}
    StrCpy $0 $Rest 1
    ${If} $0 != " "
      ${ExitDo}
    ${EndIf}
    StrCpy $Rest $Rest "" 1
  ${Loop}
  ${Do}
    StrCpy $0 $Rest 1
    ${If} $0 == ""
      ${ExitDo}
    ${EndIf}
    StrCpy $Rest $Rest "" 1
    ${If} $0 == '"'
      IntOp $1 1 - $1
    ${ElseIf} $0 == " "
    ${AndIf} $1 = 0
      ${ExitDo}
    ${Else}
      StrCpy $Word "$Word$0"
    ${EndIf}
  ${Loop}
FunctionEnd

; $Word is $Name or $Name=$Value.
Function ${UN}TakeApart
  StrCpy $Name $Word
  StrCpy $Value ""
  StrCpy $1 0
  ${Do}
    StrCpy $0 $Word 1 $1
    ${If} $0 == ""
      ${ExitDo}
    ${EndIf}
    ${If} $0 == "="
      StrCpy $Name $Word $1
      IntOp $1 $1 + 1
      StrCpy $Value $Word "" $1
      ${ExitDo}
    ${EndIf}
    IntOp $1 $1 + 1
  ${Loop}
FunctionEnd

Function ${UN}TakeLanguage
  ${If} $Value == "en"
    StrCpy $LANGUAGE ${ENGLISH}
  ${ElseIf} $Value == "de"
    StrCpy $LANGUAGE ${GERMAN}
  ${Else}
    !insertmacro IsWrong
  ${EndIf}
FunctionEnd

!macroend

!insertmacro WordFunctions ""
!insertmacro WordFunctions "un."

Function ReadWords
  StrCpy $Rest $CMDLINE
  Call NextWord ; this program
  ${DoUntil} $Rest == ""
    Call NextWord
    ${If} $Word == ""
      ${Continue}
    ${EndIf}
    Call TakeApart
    ${Select} $Name
      ${Case} "/S"
        SetSilent silent
      ${Case} "/NCRC"
      ${Case3} "/?" "-?" "/HELP"
        StrCpy $AsksForHelp 1
      ${Case} "/LANG"
        Call TakeLanguage
      ${Case} "/LOG"
        !insertmacro Text $LogFile
      ${Case} "/D"
        !insertmacro Text $INSTDIR
      ${Case} "/SERVICE"
        !insertmacro YesOrNo $Service
      ${Case} "/START"
        !insertmacro YesOrNo $Start
      ${Case} "/SETTINGS"
        !insertmacro Text $Settings
        Call FindSettings
      ${Case} "/USER"
        !insertmacro Text $User
      ${Case} "/FIREWALL"
        !insertmacro YesOrNo $Firewall
      ${Case} "/PORTS"
        !insertmacro Text $Ports
        !insertmacro Tidy $Ports
        ${If} $Ports == "?"
          !insertmacro IsWrong
        ${EndIf}
      ${Case} "/NETWORKS"
        !insertmacro Text $Networks
        !insertmacro Tidy $Networks
        ${If} $Networks == "?"
          !insertmacro IsWrong
        ${EndIf}
      ${Case} "/SHORTCUTS"
        !insertmacro YesOrNo $Shortcut
      ${Case} "/WEBVIEW2"
        !insertmacro YesOrNo $WebView2
      ${CaseElse}
        !insertmacro IsWrong
    ${EndSelect}
  ${Loop}
FunctionEnd

; A /D= that can be no folder (no such drive, a file in the way) NSIS passes over without a word, and would install elsewhere.
Function JudgeFolder
  System::Call 'kernel32::GetCommandLineW() p .r0'
  System::Call 'shlwapi::StrStrW(p r0, w " /D=") p .r1'
  ${If} $1 P<> 0
    System::Call 'kernel32::lstrcpynW(w .r2, p r1, i ${NSIS_MAX_STRLEN})'
    StrCpy $Word $2 "" 1
    StrCpy $0 $2 "" 4
    ${WordReplace} $0 '"' "" "+" $0
    ${Do}
      StrCpy $1 $0 1 -1
      ${If} $1 != "\"
      ${AndIf} $1 != " "
        ${ExitDo}
      ${EndIf}
      StrCpy $0 $0 -1
    ${Loop}
    ${If} $0 != $INSTDIR
      !insertmacro IsWrong
    ${EndIf}
  ${EndIf}
FunctionEnd

; Named from where Setup was started, else beside Setup: for a share from which many machines install.
Function FindSettings
  ${If} ${FileExists} "$Settings"
    GetFullPathName $Settings "$Settings"
  ${ElseIf} ${FileExists} "$EXEDIR\$Settings"
    StrCpy $Settings "$EXEDIR\$Settings"
  ${EndIf}
FunctionEnd

; On the stack: the letters, and the text.
Function OnlyOfThese
  Exch $0
  Exch
  Exch $4
  Push $1
  Push $2
  Push $3
  StrCpy $1 ""
  ${Do}
    StrCpy $2 $0 1
    ${If} $2 == ""
      ${ExitDo}
    ${EndIf}
    StrCpy $0 $0 "" 1
    ${If} $2 == " "
      ${Continue}
    ${EndIf}
    System::Call 'shlwapi::StrStrIW(w r4, w r2) p .r3'
    ${If} $3 P= 0
      StrCpy $1 "?"
      ${ExitDo}
    ${EndIf}
    StrCpy $1 "$1$2"
  ${Loop}
  StrCpy $0 $1
  Pop $3
  Pop $2
  Pop $1
  Pop $4
  Exch $0
FunctionEnd

; The uninstaller knows fewer.
Function un.ReadWords
  StrCpy $Rest $CMDLINE
  Call un.NextWord
  ${DoUntil} $Rest == ""
    Call un.NextWord
    ${If} $Word == ""
      ${Continue}
    ${EndIf}
    Call un.TakeApart
    ${Select} $Name
      ${Case} "/S"
        SetSilent silent
      ${Case} "/NCRC"
      ${Case3} "/?" "-?" "/HELP"
        StrCpy $AsksForHelp 1
      ${Case} "/LANG"
        Call un.TakeLanguage
      ${Case} "/LOG"
        !insertmacro Text $LogFile
      ${Case2} "/KEEPDATA" "/REMOVEDATA"
        ${If} $KeepOrRemove != ""
        ${AndIf} $KeepOrRemove != $Name
          !insertmacro IsWrong
        ${EndIf}
        StrCpy $KeepOrRemove $Name
      ${Case} "/GIVEBACK"
        !insertmacro YesOrNo $GiveBack
      ${CaseElse}
        !insertmacro IsWrong
    ${EndSelect}
  ${Loop}
FunctionEnd
