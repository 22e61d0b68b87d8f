/* The Restart Manager, which Wine has in name only: which windows belong to a program file, and asking them to end.
   The types are those of the Windows SDK's header, so that a caller who lays them out otherwise is found out. */
#include <windows.h>
#include <restartmanager.h>

#define SESSION 77
#define MOST 10

static WCHAR file[1024];
static DWORD processes[MOST];
static UINT count;

static BOOL is_ours(DWORD process) {
    WCHAR path[1024];
    DWORD length = 1024;
    HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process);
    BOOL ours = handle && QueryFullProcessImageNameW(handle, 0, path, &length) && !_wcsicmp(path, file);
    if (handle) {
        CloseHandle(handle);
    }
    return ours;
}

static BOOL CALLBACK list(HWND window, LPARAM none) {
    DWORD process;
    GetWindowThreadProcessId(window, &process);
    for (UINT at = 0; at < count; at++) {
        if (processes[at] == process) {
            return TRUE;
        }
    }
    if (count < MOST && is_ours(process)) {
        processes[count++] = process;
    }
    return TRUE;
}

static BOOL CALLBACK ask(HWND window, LPARAM none) {
    DWORD process;
    DWORD_PTR agreed = 0;
    GetWindowThreadProcessId(window, &process);
    if (is_ours(process)
        && SendMessageTimeoutW(window, WM_QUERYENDSESSION, 0, ENDSESSION_CLOSEAPP, SMTO_NORMAL, 5000, &agreed) && agreed) {
        SendMessageTimeoutW(window, WM_ENDSESSION, TRUE, ENDSESSION_CLOSEAPP, SMTO_NORMAL, 5000, &agreed);
    }
    return TRUE;
}

__declspec(dllexport) DWORD WINAPI RmStartSession(DWORD *session, DWORD flags, WCHAR key[]) {
    *session = SESSION;
    wcscpy(key, L"0123456789abcdef0123456789abcdef");
    return flags ? ERROR_BAD_ARGUMENTS : ERROR_SUCCESS;
}

__declspec(dllexport) DWORD WINAPI RmEndSession(DWORD session) {
    return session == SESSION ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

__declspec(dllexport) DWORD WINAPI RmRegisterResources(DWORD session, UINT files, LPCWSTR names[], UINT applications,
                                                       RM_UNIQUE_PROCESS which[], UINT services, LPCWSTR service_names[]) {
    if (session != SESSION || files != 1 || applications || services) {
        return ERROR_BAD_ARGUMENTS;
    }
    wcsncpy(file, names[0], 1023);
    return ERROR_SUCCESS;
}

__declspec(dllexport) DWORD WINAPI RmGetList(DWORD session, UINT *needed, UINT *room, RM_PROCESS_INFO found[], DWORD *reasons) {
    count = 0;
    EnumWindows(list, 0);
    *needed = count;
    *reasons = RmRebootReasonNone;
    if (*room < count) {
        return ERROR_MORE_DATA;
    }
    *room = count;
    for (UINT at = 0; at < count; at++) {
        ZeroMemory(&found[at], sizeof found[at]);
        found[at].Process.dwProcessId = processes[at];
        wcscpy(found[at].strAppName, L"Outtray's window");
        found[at].ApplicationType = RmMainWindow;
        found[at].AppStatus = RmStatusRunning;
        ProcessIdToSessionId(processes[at], &found[at].TSSessionId);
    }
    return session == SESSION ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

__declspec(dllexport) DWORD WINAPI RmShutdown(DWORD session, ULONG how, RM_WRITE_STATUS_CALLBACK progress) {
    if (session != SESSION || how || progress) {
        return ERROR_BAD_ARGUMENTS;
    }
    EnumWindows(ask, 0);
    return ERROR_SUCCESS;
}
