//! Names the commands, so that the capability file must allow even those; gives the Windows program its manifest.

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=installer/program.manifest");
    let app = tauri_build::AppManifest::new().commands(&[
        "call",
        "link",
        "keep_sending",
        "start_service",
        "restart",
        "take_over",
        "open_firewall",
        "let_in",
        "read_windows_smtp",
        "take_wish",
    ]);
    let windows = tauri_build::WindowsAttributes::new_without_app_manifest().app_manifest(include_str!("installer/program.manifest"));
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(app).windows_attributes(windows)).map_err(std::io::Error::other)
}
