# Prints the settings of the SMTP virtual servers on this machine as one JSON document. Reads only.
# First through ADSI (IIS://), which tells the lists of addresses in words; then through WMI (root\MicrosoftIISv2).
$ErrorActionPreference = 'Stop'
try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false } catch { }
$names = @('ServerComment', 'ServerBindings', 'SecureBindings', 'MaxConnections', 'ConnectionTimeout', 'LogType', 'AuthFlags',
  'AuthAnonymous', 'AuthBasic', 'AuthNTLM', 'DefaultLogonDomain', 'AccessSSLFlags', 'RelayForAuth', 'MaxMessageSize', 'MaxSessionSize',
  'MaxBatchedMessages', 'MaxRecipients', 'SendNdrTo', 'BadMailDirectory', 'PickupDirectory', 'QueueDirectory', 'DropDirectory',
  'SmtpRemoteProgressiveRetry', 'RemoteRetryInterval', 'RemoteRetryAttempts', 'SmtpRemoteDelayExpireMinutes',
  'SmtpRemoteNDRExpireMinutes', 'SmtpLocalDelayExpireMinutes', 'SmtpLocalNDRExpireMinutes', 'RouteAction', 'RouteUserName',
  'AlwaysUseSsl', 'MaxOutConnections', 'RemoteTimeout', 'MaxOutConnectionsPerDomain', 'RemoteSmtpPort', 'HopCount', 'MasqueradeDomain',
  'FullyQualifiedDomainName', 'DefaultDomain', 'SmartHost', 'SmartHostType', 'EnableReverseDnsLookup', 'SmtpRoutingTableType', 'AdminACL')
$domainNames = @('RouteAction', 'RouteActionString', 'RouteUserName', 'RelayIpList', 'CSideEtrnDomains')
# Secrets are not asked for, nor the lists, which have a form of their own.
$never = '(Password|Pass)$|Pwd|^(RelayIpList|IPSecurity|Path|__.*)$'

function Text($value) {
  if ($null -eq $value) { return $null }
  if ($value -is [byte[]]) { return 'set' }
  if ($value -is [array]) { return ,@($value | ForEach-Object { "$_" }) }
  return "$value"
}

# Letters beyond ASCII are written as JSON's escapes: no code page can harm them.
function Say($what) {
  [regex]::Replace((ConvertTo-Json $what -Depth 8 -Compress), '[^\x00-\x7f]', { param($letter) '\u{0:x4}' -f [int][char]$letter.Value })
}

# PowerShell does not see the properties of every COM object and answers $null: asked by name the object itself answers, or fails.
function Of($list, $name) { [System.__ComObject].InvokeMember($name, [Reflection.BindingFlags]::GetProperty, $null, $list, $null) }

function Names($list, $name) { ,@(Of $list $name | Where-Object { $_ } | ForEach-Object { "$_" }) }

function AdsiList($entry, $name) {
  $list = $entry.Get($name)
  if ($null -eq $list) { return $null }
  $byDefault = Of $list 'GrantByDefault'
  if ($null -eq $byDefault) { throw 'Windows does not say who is on the list.' }
  return @{ grantByDefault = [bool]$byDefault
    grant = Names $list 'IPGrant'; grantNames = Names $list 'DomainGrant'
    deny = Names $list 'IPDeny'; denyNames = Names $list 'DomainDeny' }
}

function FromAdsi {
  $servers = @()
  # What the schema knows besides: nothing that is set goes unsaid.
  $more = @(try { foreach ($kind in 'OptionalProperties', 'MandatoryProperties') { ([ADSI]'IIS://localhost/Schema/IIsSmtpServer').$kind } } catch { })
  $service = [ADSI]'IIS://localhost/SmtpSvc'
  foreach ($child in $service.Children) {
    if ($child.SchemaClassName -ne 'IIsSmtpServer') { continue }
    $values = @{}
    foreach ($name in $names + $more) { if ($name -notmatch $never) { try { $values[$name] = Text $child.Get($name) } catch { } } }
    $lists = @{}
    foreach ($name in 'RelayIpList', 'IPSecurity') { try { $lists[$name] = AdsiList $child $name } catch { $lists[$name] = @{ broken = "$($_.Exception.Message)" } } }
    $domains = @()
    $unread = $null
    try {
      foreach ($domain in ([ADSI]"IIS://localhost/SmtpSvc/$($child.Name)/Domain").Children) {
        $of = @{}
        foreach ($name in $domainNames) { try { $of[$name] = Text $domain.Get($name) } catch { } }
        $domains += @{ name = "$($domain.Name)"; values = $of }
      }
    } catch { $unread = "$($_.Exception.Message)" }
    $servers += @{ number = [int]"$($child.Name)"; values = $values; lists = $lists; domains = $domains; domainsUnread = $unread }
  }
  return $servers
}

function FromWmi {
  $servers = @()
  foreach ($found in Get-WmiObject -Namespace 'root\MicrosoftIISv2' -Class IIsSmtpServerSetting -Authentication PacketPrivacy) {
    $values = @{}
    foreach ($name in @($found.Properties | ForEach-Object { $_.Name })) {
      if ($name -match $never) { continue }
      $value = $found.$name
      if ($name -like '*Bindings' -and $null -ne $value) { $value = @($value | ForEach-Object { "$($_.IP):$($_.Port):" }) }
      $values[$name] = Text $value
    }
    # Bytes. $null means "only the list, which is empty"; no bytes means "all except the list, which is empty".
    $lists = @{}
    foreach ($name in 'RelayIpList', 'IPSecurity') {
      if ($null -eq $found.$name) { $lists[$name] = @{ onlyNobody = ($name -eq 'RelayIpList') } }
      else { $lists[$name] = @{ bytes = @($found.$name | ForEach-Object { [int]$_ }) } }
    }
    # Named SmtpSvc/1/Domain/branch.example.
    $domains = @()
    $unread = $null
    try {
      foreach ($domain in Get-WmiObject -Namespace 'root\MicrosoftIISv2' -Class IIsSmtpDomainSetting -Authentication PacketPrivacy) {
        if (-not $domain.Name.StartsWith("$($found.Name)/Domain/", 'OrdinalIgnoreCase')) { continue }
        $of = @{}
        foreach ($name in $domainNames) { $of[$name] = Text $domain.$name }
        $domains += @{ name = ($domain.Name -replace '.*/', ''); values = $of }
      }
    } catch { $unread = "$($_.Exception.Message)" }
    $servers += @{ number = [int]($found.Name -replace '.*/', ''); values = $values; lists = $lists; domains = $domains; domainsUnread = $unread }
  }
  return $servers
}

$troubles = @()
foreach ($way in 'adsi', 'wmi') {
  try {
    $servers = @(if ($way -eq 'adsi') { FromAdsi } else { FromWmi })
    if ($servers.Count -gt 0) {
      Say @{ way = $way; servers = $servers; troubles = $troubles }
      exit 0
    }
  } catch { $troubles += "${way}: $($_.Exception.Message)" }
}
Say @{ way = 'none'; servers = @(); troubles = $troubles }
