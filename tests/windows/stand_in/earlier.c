/* The engine of an earlier version, as far as Setup meets it: a service that runs until it is stopped. */
#include <windows.h>

static SERVICE_STATUS_HANDLE service;
static HANDLE stopped;

static void tell(DWORD state) {
    SERVICE_STATUS status = {0};
    status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP : 0;
    SetServiceStatus(service, &status);
}

static void WINAPI heard(DWORD control) {
    if (control == SERVICE_CONTROL_STOP) {
        SetEvent(stopped);
    }
}

static void WINAPI serve(DWORD count, WCHAR **words) {
    stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
    service = RegisterServiceCtrlHandlerW(L"Outtray", heard);
    tell(SERVICE_RUNNING);
    WaitForSingleObject(stopped, INFINITE);
    tell(SERVICE_STOPPED);
}

int main(void) {
    SERVICE_TABLE_ENTRYW services[] = {{L"Outtray", serve}, {NULL, NULL}};
    return StartServiceCtrlDispatcherW(services) ? 0 : 1;
}
