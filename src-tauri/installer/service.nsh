; The service: installed or brought up to date by outtrayd, and started if that is wanted.

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
