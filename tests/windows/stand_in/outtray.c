/* A window that ends when the session does, as ours: Wine has no WebView2 to show the real one in. */
#include <windows.h>

static LRESULT CALLBACK heard(HWND window, UINT message, WPARAM word, LPARAM rest) {
    if (message == WM_ENDSESSION && word) {
        ExitProcess(0);
    }
    return DefWindowProcW(window, message, word, rest);
}

int WINAPI wWinMain(HINSTANCE program, HINSTANCE none, LPWSTR line, int show) {
    WNDCLASSW kind = {0};
    kind.lpfnWndProc = heard;
    kind.hInstance = program;
    kind.lpszClassName = L"Outtray stand-in";
    RegisterClassW(&kind);
    if (!CreateWindowW(kind.lpszClassName, L"Outtray", WS_OVERLAPPEDWINDOW, 0, 0, 100, 100, NULL, NULL, program, NULL)) {
        return 1;
    }
    /* Whoever has started this reads that the window is there. */
    DWORD written;
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "there\n", 6, &written, NULL);
    MSG message;
    while (GetMessageW(&message, NULL, 0, 0) > 0) {
        DispatchMessageW(&message);
    }
    return 0;
}
