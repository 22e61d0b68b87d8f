//! What Windows reads from a program's file before it runs it: version, icon and manifest, as the linker has put them in.
//!
//! Read back from the finished files, since neither compiler nor resource compiler says when one of them is missing.

use crate::wine::Wine;
use object::LittleEndian as LE;
use object::pe::{
    DllFlags, IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, IMAGE_DLLCHARACTERISTICS_NX_COMPAT, IMAGE_SUBSYSTEM_WINDOWS_CUI,
    IMAGE_SUBSYSTEM_WINDOWS_GUI, RT_GROUP_ICON, RT_ICON, RT_MANIFEST, RT_VERSION, Subsystem,
};
use object::read::pe::{ImageOptionalHeader, PeFile64, ResourceDirectory, ResourceDirectoryEntryData, ResourceDirectoryTable};
use std::collections::BTreeMap;
use std::path::Path;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const ICON: &[u8] = include_bytes!("../../icons/icon.ico");

struct Program {
    subsystem: Subsystem,
    characteristics: DllFlags,
    /// By kind and number.
    resources: BTreeMap<(u16, u16), Vec<u8>>,
}

impl Program {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = PeFile64::parse(&*bytes).unwrap();
        let header = &file.nt_headers().optional_header;
        let sections = file.section_table();
        let directory = file.data_directories().resource_directory(&*bytes, &sections).unwrap().expect("resources");
        let mut resources = BTreeMap::new();
        for (kind, names) in tables(directory, directory.root().unwrap()) {
            for (name, languages) in tables(directory, names) {
                let Some(entry) = languages.entries.first() else { continue };
                let ResourceDirectoryEntryData::Data(data) = entry.data(directory).unwrap() else { panic!("no data under {kind}") };
                let found = sections.pe_data_at(&*bytes, data.offset_to_data.get(LE)).expect("within a section");
                resources.insert((kind, name), found[..data.size.get(LE) as usize].to_vec());
            }
        }
        Self { subsystem: header.subsystem(), characteristics: header.dll_characteristics(), resources }
    }

    fn only(&self, kind: u16) -> &[u8] {
        let mut all = self.resources.iter().filter(|((of, _), _)| *of == kind);
        let (Some((_, one)), None) = (all.next(), all.next()) else {
            panic!("not one resource of kind {kind}: {:?}", self.resources.keys())
        };
        one
    }

    fn manifest(&self) -> String {
        String::from_utf8(self.only(RT_MANIFEST).to_vec()).unwrap()
    }

    /// A text of the version, as the properties of a file show it.
    fn text(&self, name: &str) -> Option<String> {
        let words: Vec<u16> = self.only(RT_VERSION).chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
        let at = words.windows(name.len()).position(|window| window == name)? + name.len();
        // Aligned to four bytes, of the whole block.
        let text = &words[at.next_multiple_of(2)..];
        Some(String::from_utf16_lossy(text.split(|unit| *unit == 0).next()?))
    }

    /// File and product version as numbers, which installers compare.
    fn numbers(&self) -> Vec<u16> {
        const SIGNATURE: [u8; 4] = 0xfeef_04bd_u32.to_le_bytes();
        let block = self.only(RT_VERSION);
        let at = block.windows(4).position(|window| window == SIGNATURE).expect("a fixed part");
        // Pairs of 32 bits, the high half of each first.
        let halves: Vec<u16> = block[at + 8..at + 24].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        halves.chunks_exact(2).flat_map(|pair| [pair[1], pair[0]]).collect()
    }

    /// Width and length of each picture; every one the group names must be there.
    fn icons(&self) -> Vec<(u8, u32)> {
        let group = self.resources.iter().find(|((kind, _), _)| *kind == RT_GROUP_ICON).expect("an icon").1;
        let pictures = group[6..].chunks_exact(14).map(|entry| {
            let length = u32::from_le_bytes([entry[8], entry[9], entry[10], entry[11]]);
            let picture = &self.resources[&(RT_ICON, u16::from_le_bytes([entry[12], entry[13]]))];
            assert_eq!(picture.len(), length as usize);
            (entry[0], length)
        });
        pictures.collect()
    }

    fn is_ours(&self, file: &str) {
        let expected = [
            ("ProductName", "Outtray"),
            ("ProductVersion", VERSION),
            ("FileVersion", VERSION),
            ("CompanyName", "Outtray"),
            ("LegalCopyright", "MIT or Apache-2.0"),
            ("OriginalFilename", file),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(name, text)| (name, Some(text.to_owned()))).collect();
        let found: Vec<_> = expected.iter().map(|(name, _)| (*name, self.text(name))).collect();
        assert_eq!(found, expected);
        let mut numbers: Vec<u16> = VERSION.split(['.', '-', '+']).take(3).map(|number| number.parse().unwrap()).collect();
        numbers.push(0);
        assert_eq!(self.numbers(), [numbers.clone(), numbers].concat());
        assert_eq!(self.icons(), icons_of_the_file());
        let safe = IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | IMAGE_DLLCHARACTERISTICS_NX_COMPAT;
        assert_eq!(self.characteristics & safe, safe, "at other addresses each time, and no data is run");
    }

    fn asks_windows_for_all_of_it(&self) {
        let manifest = self.manifest();
        for (element, text) in
            [("dpiAwareness", "PerMonitorV2, PerMonitor"), ("longPathAware", "true"), ("activeCodePage", "UTF-8"), ("dpiAware", "true/pm")]
        {
            assert_eq!(text_of(&manifest, element), Some(text), "{element}: {manifest}");
        }
        for words in [r#"level="asInvoker" uiAccess="false""#, WINDOWS_10, r#"name="Microsoft.Windows.Common-Controls" version="6.0.0.0""#]
        {
            assert!(manifest.contains(words), "{words}: {manifest}");
        }
    }
}

/// As a program says that it knows it.
const WINDOWS_10: &str = "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}";

fn tables<'data>(
    directory: ResourceDirectory<'data>,
    table: ResourceDirectoryTable<'data>,
) -> impl Iterator<Item = (u16, ResourceDirectoryTable<'data>)> {
    table.entries.iter().filter_map(move |entry| {
        let number = entry.name_or_id().id()?;
        match entry.data(directory).unwrap() {
            ResourceDirectoryEntryData::Table(table) => Some((number, table)),
            ResourceDirectoryEntryData::Data(_) => None,
        }
    })
}

fn text_of<'text>(manifest: &'text str, element: &str) -> Option<&'text str> {
    let rest = manifest.split(&format!("<{element}")).skip(1).find(|rest| rest.starts_with([' ', '>']))?;
    rest.split_once('>')?.1.split('<').next()
}

/// As in a group of a program, but with places in the file behind it.
fn icons_of_the_file() -> Vec<(u8, u32)> {
    let count = usize::from(u16::from_le_bytes([ICON[4], ICON[5]]));
    assert!(count > 1, "one for every size");
    let entries = ICON[6..].chunks_exact(16).take(count);
    entries.map(|entry| (entry[0], u32::from_le_bytes([entry[8], entry[9], entry[10], entry[11]]))).collect()
}

#[test]
fn of_outtrayd() {
    let program = Program::read(&Wine::shared().outtrayd());
    program.is_ours("outtrayd.exe");
    program.asks_windows_for_all_of_it();
    assert_eq!(program.text("FileDescription").as_deref(), Some("Outtray, the SMTP relay of a small office (engine)"));
    assert_eq!(program.subsystem, IMAGE_SUBSYSTEM_WINDOWS_CUI);
}

/// Left out where no window was built.
#[test]
fn of_the_window() {
    let program = Program::read(&Wine::shared().made("outtray.exe"));
    program.is_ours("outtray.exe");
    program.asks_windows_for_all_of_it();
    assert_eq!(program.text("FileDescription").as_deref(), Some("Outtray"), "as the Task Manager shows it");
    assert_eq!(program.subsystem, IMAGE_SUBSYSTEM_WINDOWS_GUI);
}

#[test]
fn of_setup() {
    let program = Program::read(&Wine::shared().made("Outtray-Setup.exe"));
    program.is_ours("Outtray-Setup.exe");
    let manifest = program.manifest();
    assert_eq!((text_of(&manifest, "longPathAware"), text_of(&manifest, "dpiAware")), (Some("true"), Some("true")), "{manifest}");
    for words in [r#"level="requireAdministrator""#, WINDOWS_10] {
        assert!(manifest.contains(words), "{words}: {manifest}");
    }
}
