# Prints the settings of the SMTP virtual servers on this machine as one JSON document. Reads only.
# First through ADSI (IIS://), which tells the lists of addresses in words; then through WMI (root\MicrosoftIISv2).
$ErrorActionPreference = 'Stop'
[Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
$names = @('ServerComment', 'ServerBindings', 'SecureBindings', 'MaxConnections', 'ConnectionTimeout', 'LogType', 'AuthFlags',
  'AuthAnonymous', 'AuthBasic', 'AuthNTLM', 'DefaultLogonDomain', 'AccessSSLFlags', 'RelayForAuth', 'MaxMessageSize', 'MaxSessionSize',
  'MaxBatchedMessages', 'MaxRecipients', 'SendNdrTo', 'BadMailDirectory', 'PickupDirectory', 'QueueDirectory', 'DropDirectory',
  'SmtpRemoteProgressiveRetry', 'RemoteRetryInterval', 'RemoteRetryAttempts', 'SmtpRemoteDelayExpireMinutes',
  'SmtpRemoteNDRExpireMinutes', 'SmtpLocalDelayExpireMinutes', 'SmtpLocalNDRExpireMinutes', 'RouteAction', 'RouteUserName',
  'AlwaysUseSsl', 'MaxOutConnections', 'RemoteTimeout', 'MaxOutConnectionsPerDomain', 'RemoteSmtpPort', 'HopCount', 'MasqueradeDomain',
  'FullyQualifiedDomainName', 'DefaultDomain', 'SmartHost', 'SmartHostType', 'EnableReverseDnsLookup', 'SmtpRoutingTableType')
$domainNames = @('RouteAction', 'RouteActionString', 'RouteUserName')

function Text($value) {
  if ($null -eq $value) { return $null }
  if ($value -is [array]) { return ,@($value | ForEach-Object { "$_" }) }
  return "$value"
}

function AdsiList($entry, $name) {
  $list = $entry.Get($name)
  if ($null -eq $list) { return $null }
  return @{ grantByDefault = [bool]$list.GrantByDefault
    grant = @($list.IPGrant | Where-Object { $_ } | ForEach-Object { "$_" }); grantNames = @($list.DomainGrant | Where-Object { $_ } | ForEach-Object { "$_" })
    deny = @($list.IPDeny | Where-Object { $_ } | ForEach-Object { "$_" }); denyNames = @($list.DomainDeny | Where-Object { $_ } | ForEach-Object { "$_" }) }
}

function FromAdsi {
  $servers = @()
  $service = [ADSI]'IIS://localhost/SmtpSvc'
  foreach ($child in $service.Children) {
    if ($child.SchemaClassName -ne 'IIsSmtpServer') { continue }
    $values = @{}
    foreach ($name in $names) { try { $values[$name] = Text $child.Get($name) } catch { } }
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
    foreach ($name in $names) {
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
      @{ way = $way; servers = $servers; troubles = $troubles } | ConvertTo-Json -Depth 8 -Compress
      exit 0
    }
  } catch { $troubles += "${way}: $($_.Exception.Message)" }
}
@{ way = 'none'; servers = @(); troubles = $troubles } | ConvertTo-Json -Depth 8 -Compress
