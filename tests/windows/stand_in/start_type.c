/* When the service starts, as an administrator sets it (2 by itself, 3 by hand, 4 not at all): Wine's sc cannot. */
#include <windows.h>
#include <stdlib.h>

int main(int count, char **words) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, L"Outtray", SERVICE_CHANGE_CONFIG);
    BOOL done = count == 2
        && ChangeServiceConfigW(service, SERVICE_NO_CHANGE, atoi(words[1]), SERVICE_NO_CHANGE, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    return done ? 0 : 1;
}
