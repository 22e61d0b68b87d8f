/* The installer of WebView2, as far as others see what it does; called otherwise than Microsoft says, it does nothing. */
#include <string.h>
#include <windows.h>

#define KEY "SOFTWARE\\WOW6432Node\\Microsoft\\EdgeUpdate\\Clients\\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"

int main(int count, char **words) {
    if (count != 3 || strcmp(words[1], "/silent") || strcmp(words[2], "/install")) {
        return 1;
    }
    return RegSetKeyValueA(HKEY_LOCAL_MACHINE, KEY, "pv", REG_SZ, "118.0.2088.46", 14) ? 1 : 0;
}
