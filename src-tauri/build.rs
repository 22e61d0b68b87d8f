//! Names the commands, so that the capability file must allow even those.

fn main() -> std::io::Result<()> {
    let app = tauri_build::AppManifest::new().commands(&["call", "link", "keep_sending", "start_service"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(app)).map_err(std::io::Error::other)
}
