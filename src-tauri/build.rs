//! Names the one command, so that the capability file must allow even that.

fn main() -> std::io::Result<()> {
    let app = tauri_build::AppManifest::new().commands(&["call"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(app)).map_err(std::io::Error::other)
}
