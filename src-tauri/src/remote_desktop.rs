//! What only Windows needs: the window over Remote Desktop, and words when there can be no window.

/// What the WebView is to be told before it starts; None: nothing.
///
/// WebView2 can hang or stay white when a Remote Desktop session is taken up again, because its
/// drawing moved to a screen card that is gone, or because it takes the window for hidden. The first
/// three features are the ones wry switches off by itself; giving arguments replaces that list.
pub fn webview_arguments() -> Option<&'static str> {
    platform::is_remote()
        .then_some("--disable-gpu --disable-features=msWebOOUI,msPdfOOUI,msSmartScreenProtection,CalculateNativeWinOcclusion")
}

pub fn message_box(said: &str) {
    platform::message_box(said);
}

#[cfg(windows)]
#[allow(unsafe_code)]
mod platform {
    use windows_sys::Win32::UI::WindowsAndMessaging::{GetSystemMetrics, MB_ICONERROR, MessageBoxW, SM_REMOTESESSION};

    pub fn is_remote() -> bool {
        // SAFETY: takes a number, gives a number.
        unsafe { GetSystemMetrics(SM_REMOTESESSION) != 0 }
    }

    pub fn message_box(said: &str) {
        let wide = |text: &str| text.encode_utf16().chain([0]).collect::<Vec<u16>>();
        let (said, title) = (wide(said), wide("Outtray"));
        // SAFETY: both texts end with NUL and live until the call returns; there is no owner window.
        unsafe { MessageBoxW(std::ptr::null_mut(), said.as_ptr(), title.as_ptr(), MB_ICONERROR) };
    }
}

#[cfg(not(windows))]
mod platform {
    pub fn is_remote() -> bool {
        false
    }

    /// A shell or the desktop's journal has the words already.
    pub fn message_box(_: &str) {}
}
