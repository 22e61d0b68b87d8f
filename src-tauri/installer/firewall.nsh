; The firewall: which ports and networks somebody chose, judged and put in force by outtrayd.

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

; From a network that Windows calls public no device is let in, whatever the rule says. Nothing is said where Windows does
; not say it.
Function LookForPublicNetwork
  ${Run} '"$INSTDIR\outtrayd.exe" firewall status --json'
  StrCpy $0 $Said 21
  ${If} $Code = 0
  ${AndIf} $0 == '{"publicNetwork":true'
    ${Log} "$(public_network)"
    ${AddNote} "$(public_network)"
  ${EndIf}
FunctionEnd
