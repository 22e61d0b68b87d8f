/* Somebody else's program under the name of an engine's pipe: `pipe.exe NAME FILE OWNER`. The pipe belongs to that account, which
   Wine lets anybody say. What it hears goes to the file; it never answers. */
#include <stdio.h>
#include <windows.h>
#include <sddl.h>

int wmain(int count, WCHAR **words) {
    WCHAR list[200];
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, FALSE};
    if (count != 4) {
        return 1;
    }
    swprintf(list, 200, L"O:%lsD:P(A;;FA;;;WD)", words[3]);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1, &security.lpSecurityDescriptor, NULL)) {
        return 2;
    }
    HANDLE heard = CreateFileW(words[2], GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
    HANDLE pipe = CreateNamedPipeW(words[1], PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 1, 4096, 4096, 0, &security);
    if (heard == INVALID_HANDLE_VALUE || pipe == INVALID_HANDLE_VALUE) {
        return 3;
    }
    DWORD read, written;
    char bytes[4096];
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "there\n", 6, &written, NULL);
    for (;;) {
        ConnectNamedPipe(pipe, NULL);
        if (ReadFile(pipe, bytes, sizeof bytes, &read, NULL)) {
            WriteFile(heard, bytes, read, &written, NULL);
        }
        DisconnectNamedPipe(pipe);
    }
}
