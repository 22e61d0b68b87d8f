/* PowerShell, which Wine has in name only, as far as Setup asks it: who has signed a file. Everything but that question, put as
   Setup puts it, is no success. The registry here says who it was. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(int count, char **words) {
    char signer[100] = "";
    DWORD size = sizeof signer;
    const char *question = count ? words[count - 1] : "";
    const char *file = getenv("OUTTRAY_FILE");
    BOOL is_it = strstr(question, "Get-AuthenticodeSignature -LiteralPath $env:OUTTRAY_FILE")
        && strstr(question, "$s.Status -eq 'Valid'") && strstr(question, "O=Microsoft Corporation");
    if (!is_it || !file || GetFileAttributesA(file) == INVALID_FILE_ATTRIBUTES) {
        return 1;
    }
    RegGetValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Stand-in", "Signer", RRF_RT_REG_SZ, NULL, signer, &size);
    if (!strcmp(signer, "Microsoft Corporation")) {
        puts("from Microsoft");
    }
    return 0;
}
