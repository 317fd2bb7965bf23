# Makes the container clients of this Windows machine trust a private image registry; -Help tells how.
# Made by siteregistry. It holds the registry's CA and no secret: read it before you run it.
# UNPROVEN: this script follows the documentation of Windows and Docker; it was tried on no Windows machine.
[CmdletBinding(PositionalBinding = $false)]
param(
    [string[]] $Fingerprint = @(),
    [switch] $System,
    [string] $Address = '',
    [string] $Login = '',
    [string[]] $InsecureRegistry = @(),
    [switch] $Check,
    [switch] $Undo,
    [switch] $DryRun,
    [switch] $Offline,
    [switch] $RestartDocker,
    [switch] $Help
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# <kit>

$Mark = "# siteregistry:$KitId"
$HostsFile = Join-Path $env:SystemRoot 'System32\drivers\etc\hosts'
$BackupSuffix = '.before-siteregistry'
$Utf8 = New-Object System.Text.UTF8Encoding $false
$Failed = $false

function Show-Help {
    @"
usage: .\trust-registry.ps1 [options]

Makes the container clients of this machine trust: $($KitHosts -join ' ')
Docker Desktop believes the trusted roots of Windows: without options the CA is put among your own.
The docker service of Windows Server reads ProgramData\docker\certs.d, which is written where it is there.

UNPROVEN: this script follows the documentation; it was tried on no Windows machine.

  -Fingerprint HEX        the CA's SHA-256 as you were told it by another way; anything else is refused
  -System                 the trusted roots of the whole machine (as administrator)
  -Address IP             also a line in the hosts file, where there is no DNS (as administrator)
  -Login USER             then log in; the password is asked for, or read from standard input
  -Check                  look for what is wrong; change nothing
  -Undo                   remove what was installed here, and nothing else; log out
  -DryRun                 say what would be done
  -Offline                do not ask the server for its certificate first
  -InsecureRegistry HOST  let docker use HOST without TLS. Last resort
  -RestartDocker          restart docker at the end, with the containers it runs

exit codes: 0 done; 1 something is wrong; 3 the CA or the server's certificate is not the right one;
  4 somebody else's file or a missing right is in the way; 5 the login failed; 6 undone, but something was left
"@
}

function Stop-With([int] $Code, [string] $Text) {
    [Console]::Error.WriteLine("error: $Text")
    exit $Code
}

function Get-Sha256([byte[]] $Bytes) {
    $algorithm = [System.Security.Cryptography.SHA256]::Create()
    (($algorithm.ComputeHash($Bytes) | ForEach-Object { $_.ToString('x2') }) -join '')
}

function Get-FileSha256([string] $Path) { Get-Sha256 ([System.IO.File]::ReadAllBytes($Path)) }

# The roots this script carries; anything that is not pinned, or not expected, installs nothing.
function Get-Roots {
    $expected = @($Fingerprint | ForEach-Object { ($_ -replace '[: ]', '').ToLowerInvariant() })
    $found = [regex]::Matches($KitCa, '-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----')
    if ($found.Count -ne $KitPins.Count) { Stop-With 3 'this script carries a certificate that is not pinned. Nothing was changed.' }
    for ($i = 0; $i -lt $found.Count; $i++) {
        $der = [Convert]::FromBase64String(($found[$i].Groups[1].Value -replace '\s', ''))
        $actual = Get-Sha256 $der
        if ($actual -ne $KitPins[$i]) { Stop-With 3 "the CA has the fingerprint $actual, but $($KitPins[$i]) is pinned: this script was altered. Nothing was changed." }
        if ($expected.Count -gt 0 -and $expected -notcontains $actual) { Stop-With 3 "the CA has the fingerprint $actual, which is not the one given by -Fingerprint. Nothing was changed." }
        , (New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 (, $der))
    }
}

function Test-Administrator {
    $me = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
    $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# The ledger: what was installed, each line KIND<tab>VALUE<tab>PATH. Administrators have one for the machine.
$LedgerFolder = if (Test-Administrator) { Join-Path $env:ProgramData "siteregistry-trust\$KitId" } else { Join-Path $env:LOCALAPPDATA "siteregistry-trust\$KitId" }
$Ledger = Join-Path $LedgerFolder 'ledger'

function Get-Recorded([string] $Kind) {
    if (-not (Test-Path -LiteralPath $Ledger)) { return }
    [System.IO.File]::ReadAllLines($Ledger) | Where-Object { $_.StartsWith("$Kind`t") } | ForEach-Object { , ($_.Split("`t")) }
}

function Add-Record([string] $Kind, [string] $Value, [string] $Path) {
    [System.IO.Directory]::CreateDirectory($LedgerFolder) | Out-Null
    $line = "$Kind`t$Value`t$Path"
    if ((Test-Path -LiteralPath $Ledger) -and ([System.IO.File]::ReadAllLines($Ledger) -contains $line)) { return }
    [System.IO.File]::AppendAllText($Ledger, "$line`r`n", $Utf8)
}

function Test-Owned([string] $Kind, [string] $Path) {
    $sum = Get-FileSha256 $Path
    @(Get-Recorded $Kind | Where-Object { $_[1] -eq $sum -and $_[2] -eq $Path }).Count -gt 0
}

# A reader sees the old file or the new one, never a part of it.
function Set-Content-Whole([string] $Path, [string] $Text) {
    [System.IO.Directory]::CreateDirectory((Split-Path -Parent $Path)) | Out-Null
    $new = "$Path.siteregistry-new"
    [System.IO.File]::WriteAllText($new, $Text, $Utf8)
    if (Test-Path -LiteralPath $Path) { [System.IO.File]::Replace($new, $Path, [NullString]::Value) } else { [System.IO.File]::Move($new, $Path) }
}

function Install-File([string] $Path, [string] $Text) {
    if (Test-Path -LiteralPath $Path) {
        if ([System.IO.File]::ReadAllText($Path) -eq $Text) { "is there: $Path"; return }
        if (-not (Test-Owned 'file' $Path)) { Stop-With 4 "$Path is there already and is not of this script's making, or was changed since: move it away" }
    }
    if ($DryRun) { "would write $Path"; return }
    Add-Record 'file' (Get-Sha256 ($Utf8.GetBytes($Text))) $Path
    Set-Content-Whole $Path $Text
    "wrote $Path"
}

# Asks the server for its certificate: '' when it is one of the CA's for that name, else what is wrong.
function Test-Server([string] $Name, $Roots) {
    $parts = $Name.Split(':')
    $port = if ($parts.Count -gt 1) { [int] $parts[1] } else { 443 }
    $target = if ($Address) { $Address } else { $parts[0] }
    $client = New-Object System.Net.Sockets.TcpClient
    try {
        if (-not $client.ConnectAsync($target, $port).Wait(5000)) { return "unreachable: no answer from ${target}:$port" }
    } catch { return "unreachable: $($_.Exception.GetBaseException().Message)" }
    $script:seen = $null
    $script:errors = $null
    $callback = [System.Net.Security.RemoteCertificateValidationCallback] {
        param($origin, $certificate, $chain, $problems)
        $script:seen = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 $certificate
        $script:errors = $problems
        $true
    }
    try {
        $stream = New-Object System.Net.Security.SslStream ($client.GetStream(), $false, $callback)
        $stream.AuthenticateAsClient($parts[0])
    } catch { return "TLS: $($_.Exception.GetBaseException().Message)" } finally { $client.Close() }
    if ($script:errors -band [System.Net.Security.SslPolicyErrors]::RemoteCertificateNameMismatch) { return "TLS: its certificate is not for $($parts[0])" }
    $built = New-Object System.Security.Cryptography.X509Certificates.X509Chain
    $built.ChainPolicy.RevocationMode = 'NoCheck'
    $built.ChainPolicy.VerificationFlags = 'AllowUnknownCertificateAuthority'
    $Roots | ForEach-Object { [void] $built.ChainPolicy.ExtraStore.Add($_) }
    if (-not $built.Build($script:seen)) { return "TLS: $(($built.ChainStatus | ForEach-Object { $_.StatusInformation.Trim() }) -join '; ')" }
    $last = $built.ChainElements[$built.ChainElements.Count - 1].Certificate
    if ($KitPins -notcontains (Get-Sha256 $last.RawData)) { return 'TLS: its certificate was not signed by this CA' }
    ''
}

function Get-StoreName { if ($System) { 'LocalMachine' } else { 'CurrentUser' } }

function Test-Store([string] $Where, [string] $Thumbprint) { Test-Path -LiteralPath "Cert:\$Where\Root\$Thumbprint" }

function Install-Store($Roots) {
    $where = Get-StoreName
    foreach ($root in $Roots) {
        if (Test-Store $where $root.Thumbprint) { "is there: the CA among the trusted roots of $where"; continue }
        if ($DryRun) { "would add the CA to the trusted roots of $where"; continue }
        $file = [System.IO.Path]::GetTempFileName()
        try {
            [System.IO.File]::WriteAllBytes($file, $root.RawData)
            Add-Record 'store' $root.Thumbprint $where
            if ($System) { & certutil.exe -f -addstore Root $file | Out-Null } else { & certutil.exe -user -f -addstore Root $file | Out-Null }
            if ($LASTEXITCODE -ne 0) { Stop-With 4 "certutil could not add the CA to the trusted roots of $where" }
        } finally { Remove-Item -LiteralPath $file -Force }
        "added the CA to the trusted roots of $where"
    }
}

function Install-Hosts {
    if (-not $Address) { return }
    $names = @($KitHosts | ForEach-Object { $_.Split(':')[0] } | Select-Object -Unique)
    $line = "$Address $($names -join ' ') $Mark"
    $ours = @(Get-Recorded 'hosts' | ForEach-Object { $_[1] })
    $lines = @([System.IO.File]::ReadAllLines($HostsFile))
    if ($lines -contains $line) { "is there: $Address in $HostsFile"; return }
    $others = @($lines | Where-Object { $ours -notcontains $_ })
    foreach ($other in $others) {
        $words = @(($other -replace '#.*', '').Trim() -split '\s+')
        foreach ($name in $names) {
            if ($words.Count -gt 1 -and $words[0] -ne $Address -and $words -contains $name) { Stop-With 4 "$HostsFile gives $name the address $($words[0]) already: remove that line, or leave out -Address" }
        }
    }
    if ($DryRun) { "would write $line into $HostsFile"; return }
    Add-Record 'hosts' $line $HostsFile
    Set-Content-Whole $HostsFile ((($others + $line) -join "`r`n") + "`r`n")
    "wrote $line into $HostsFile"
}

# docker's configuration is merged, never overwritten.
function Install-Insecure([string] $Name) {
    if ($Name -notmatch '^[A-Za-z0-9.-]+(:[0-9]+)?$') { Stop-With 4 "-InsecureRegistry: allowed is host or host:port" }
    [Console]::Error.WriteLine("WARNING: without TLS is trusted: $Name. Whoever is between this machine and it can read passwords and change images.")
    $file = Join-Path $env:USERPROFILE '.docker\daemon.json'
    $settings = if (Test-Path -LiteralPath $file) { [System.IO.File]::ReadAllText($file) | ConvertFrom-Json } else { New-Object psobject }
    $known = @(if ($settings.PSObject.Properties['insecure-registries']) { $settings.'insecure-registries' })
    if ($known -contains $Name) { "is there: $Name in $file"; return }
    if ($DryRun) { "would merge $Name into $file"; return }
    $settings | Add-Member -Force -NotePropertyName 'insecure-registries' -NotePropertyValue @($known + $Name)
    $text = ($settings | ConvertTo-Json -Depth 100) + "`r`n"
    if ((Test-Path -LiteralPath $file) -and -not (Test-Owned 'edit' $file)) { Copy-Item -LiteralPath $file "$file$BackupSuffix" -Force }
    Add-Record 'edit' (Get-Sha256 ($Utf8.GetBytes($text))) $file
    Set-Content-Whole $file $text
    "merged into $file; docker reads it again when it is restarted"
}

# The password goes from standard input to standard input, and never into a command line.
function Invoke-Login {
    if (-not $Login) { return }
    if ($DryRun) { "would log in as $Login with docker"; return }
    if ([Console]::IsInputRedirected) { $password = [Console]::In.ReadLine() } else {
        $secure = Read-Host -AsSecureString "Password of $Login"
        $password = (New-Object System.Management.Automation.PSCredential ('user', $secure)).GetNetworkCredential().Password
    }
    if (-not $password) { Stop-With 5 '-Login reads the password from standard input, which was empty' }
    $OutputEncoding = $Utf8
    foreach ($name in $KitHosts) {
        $password | & docker login --username $Login --password-stdin $name
        if ($LASTEXITCODE -ne 0) { Stop-With 5 "docker could not log in to $name as $Login. The trust is installed." }
        Add-Record 'login' $name 'docker'
    }
}

function Restart-DockerDesktop {
    if (-not $RestartDocker) { return }
    'restarting docker, as -RestartDocker asks'
    $service = Get-Service docker -ErrorAction SilentlyContinue
    if ($DryRun) { return }
    if ($service) { Restart-Service docker } else { & docker desktop restart }
}

function Invoke-Check($Roots) {
    $now = Get-Date
    foreach ($root in $Roots) {
        if ($now -lt $root.NotBefore) { "FAIL  this machine's clock is before the CA's begin: set it (w32tm /resync)"; $script:Failed = $true }
        elseif ($now -gt $root.NotAfter) { 'FAIL  the CA has ended: get a new kit'; $script:Failed = $true }
        elseif ((Test-Store 'CurrentUser' $root.Thumbprint) -or (Test-Store 'LocalMachine' $root.Thumbprint)) { 'ok    the CA is among the trusted roots' }
        else { 'FAIL  the CA is not among the trusted roots: run this script'; $script:Failed = $true }
    }
    foreach ($name in $KitHosts) {
        $wrong = Test-Server $name $Roots
        if ($wrong) { "FAIL  ${name}: $wrong"; $script:Failed = $true } else { "ok    $name shows a certificate of this CA" }
    }
    if (Get-Command docker -ErrorAction SilentlyContinue) {
        & docker version 2>&1 | Out-Null
        if ($LASTEXITCODE -ne 0) { 'FAIL  docker does not answer: start Docker Desktop, and be in the group docker-users'; $script:Failed = $true } else { 'ok    docker answers' }
    }
}

function Invoke-Undo {
    if (-not (Test-Path -LiteralPath $Ledger)) { "nothing is installed: there is no $Ledger"; return }
    foreach ($entry in @(Get-Recorded 'login')) { if ($DryRun) { "would log out of $($entry[1])" } else { & docker logout $entry[1] } }
    foreach ($kind in 'file', 'edit') {
        foreach ($path in @(Get-Recorded $kind | ForEach-Object { $_[2] } | Select-Object -Unique)) {
            if (-not (Test-Path -LiteralPath $path)) { continue }
            if (-not (Test-Owned $kind $path)) { [Console]::Error.WriteLine("left: $path was changed since by somebody else"); $script:Failed = $true; continue }
            if ($DryRun) { "would take back $path"; continue }
            Remove-Item -LiteralPath $path -Force
            if ($kind -eq 'edit' -and (Test-Path -LiteralPath "$path$BackupSuffix")) { Move-Item -LiteralPath "$path$BackupSuffix" $path }
            "took back $path"
        }
    }
    foreach ($entry in @(Get-Recorded 'store')) {
        if (-not (Test-Store $entry[2] $entry[1])) { continue }
        if ($DryRun) { "would remove the CA from the trusted roots of $($entry[2])" } else { Remove-Item -LiteralPath "Cert:\$($entry[2])\Root\$($entry[1])"; "removed the CA from the trusted roots of $($entry[2])" }
    }
    $ours = @(Get-Recorded 'hosts' | ForEach-Object { $_[1] })
    if ($ours.Count -gt 0 -and -not $DryRun) {
        $rest = @([System.IO.File]::ReadAllLines($HostsFile) | Where-Object { $ours -notcontains $_ })
        Set-Content-Whole $HostsFile (($rest -join "`r`n") + "`r`n")
        "removed our line from $HostsFile"
    }
    if (-not $DryRun) { Remove-Item -LiteralPath $LedgerFolder -Recurse -Force }
    if ($script:Failed) { exit 6 }
}

if ($Help) { Show-Help; exit 0 }
$roots = @(Get-Roots)
$KitPins | ForEach-Object { "CA fingerprint (SHA-256): $(($_.ToUpperInvariant() -split '(..)' | Where-Object { $_ }) -join ':')" }
if ($Undo) { Invoke-Undo; exit 0 }
if ($Check) { Invoke-Check $roots; exit ([int] $Failed) }
if (($System -or $Address) -and -not $DryRun -and -not (Test-Administrator)) { Stop-With 4 '-System and -Address need an administrator: open PowerShell as one. Nothing was changed.' }
if (-not $Offline) {
    foreach ($name in $KitHosts) {
        $wrong = Test-Server $name $roots
        if ($wrong -like 'TLS*') { Stop-With 3 "$name shows the wrong certificate ($wrong). Nothing was changed." }
        if ($wrong) { "note: $name was not asked who it is: $wrong" } else { "$name shows a certificate of this CA" }
    }
}
Install-Store $roots
$service = Join-Path $env:ProgramData 'docker'
if (Test-Path -LiteralPath $service) {
    # The docker service leaves the colon out, which no file name of Windows may have.
    $pem = ($KitCa -replace "`r`n", "`n").TrimEnd() + "`n"
    foreach ($name in $KitHosts) { Install-File (Join-Path $service "certs.d\$($name -replace ':', '')\ca.crt") $pem }
}
Install-Hosts
$InsecureRegistry | ForEach-Object { Install-Insecure $_ }
Restart-DockerDesktop
Invoke-Login
'Docker Desktop takes up new roots when it is restarted (-RestartDocker).'
