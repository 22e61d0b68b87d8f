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
    ${If} $Code = 4
      ${Complain} "$(service_lacks_settings)"
    ${ElseIf} $Code != 0
      ${Complain} "$(service_not_started)"
    ${EndIf}
  ${EndIf}
FunctionEnd

; $User: the account whose window may speak to the service: whose desktop this is, which is somebody else where another
; administrator's password was typed for Setup; else the account Setup runs as. Not Windows itself, which may anyway.
Function WhoInstalls
  Push $0
  Call WhoseDesktop
  Pop $0
  ${If} $User == ""
    Call WhoRuns
  ${EndIf}
FunctionEnd

Function WhoseDesktop
  Push $0
  System::Call 'wtsapi32::WTSQuerySessionInformationW(p 0, i -1, i 5, *p .r1, *i) i .r0' ; of this session: WTSUserName
  ${If} $0 <> 0
    System::Call '*$1(&w256 .r2)'
    System::Call 'wtsapi32::WTSFreeMemory(p r1)'
    System::Call 'wtsapi32::WTSQuerySessionInformationW(p 0, i -1, i 7, *p .r1, *i) i .r0' ; WTSDomainName
    ${If} $0 <> 0
      System::Call '*$1(&w256 .r3)'
      System::Call 'wtsapi32::WTSFreeMemory(p r1)'
      ${If} $2 != ""
        ${If} $3 != ""
          StrCpy $2 "$3\$2"
        ${EndIf}
        System::Alloc 128 ; a SID, which has 68 bytes at most
        Pop $4
        System::Call 'advapi32::LookupAccountNameW(w n, w r2, p r4, *i 128, w .r5, *i 1024, *i .r6) i .r0'
        ${If} $0 <> 0
        ${AndIf} $6 = 1 ; SidTypeUser
          StrCpy $3 $4
          Call TakeSid
        ${EndIf}
        System::Free $4
      ${EndIf}
    ${EndIf}
  ${EndIf}
  Pop $0
FunctionEnd

; The SID at $3, as text in $User.
Function TakeSid
  System::Call 'advapi32::ConvertSidToStringSidW(p r3, *p .r7) i .r0'
  ${If} $0 <> 0
    System::Call '*$7(&w200 .r5)'
    System::Call 'kernel32::LocalFree(p r7)'
    ${If} $5 != "S-1-5-18"
      StrCpy $User $5
    ${EndIf}
  ${EndIf}
FunctionEnd

Function WhoRuns
  Push $0
  System::Call 'advapi32::OpenProcessToken(p -1, i 8, *p .r1) i .r0' ; TOKEN_QUERY
  ${If} $0 <> 0
    System::Alloc 128 ; a TOKEN_USER with its SID, which has 68 bytes at most
    Pop $2
    System::Call 'advapi32::GetTokenInformation(p r1, i 1, p r2, i 128, *i) i .r0' ; TokenUser
    ${If} $0 <> 0
      System::Call '*$2(p .r3)'
      Call TakeSid
    ${EndIf}
    System::Free $2
    System::Call 'kernel32::CloseHandle(p r1)'
  ${EndIf}
  Pop $0
FunctionEnd
