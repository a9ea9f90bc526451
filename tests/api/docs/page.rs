//! A page in Markdown, and its code blocks.

pub struct Page {
    pub name: String,
    pub text: String,
    pub blocks: Vec<Block>,
    /// Where code stands without a fence.
    pub indented: Vec<String>,
}

pub struct Block {
    /// What stands after the fence.
    pub kind: String,
    pub text: String,
    /// The file and the line.
    pub place: String,
}

/// README.md and all of docs/.
pub fn pages() -> Vec<Page> {
    let mut names = vec!["README.md".to_owned()];
    for entry in std::fs::read_dir("docs").unwrap() {
        names.push(entry.unwrap().path().display().to_string());
    }
    names.sort();
    assert!(names.len() > 7);
    names.into_iter().map(Page::read).collect()
}

impl Page {
    fn read(name: String) -> Self {
        let text = std::fs::read_to_string(&name).unwrap();
        let mut blocks: Vec<Block> = Vec::new();
        let mut indented = Vec::new();
        let mut fenced = false;
        let mut blank = true;
        for (line, number) in text.lines().zip(1..) {
            let place = format!("{name}:{number}");
            match (line.strip_prefix("```"), fenced) {
                (Some(kind), false) => blocks.push(Block {
                    kind: kind.to_owned(),
                    text: String::new(),
                    place,
                }),
                (Some(rest), true) => assert_eq!(rest, "", "{place}"),
                (None, true) => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, false) => {
                    assert!(!line.trim_start().starts_with("```"), "{place}");
                    if blank && line.starts_with("    ") {
                        indented.push(place);
                    }
                }
            }
            fenced ^= line.starts_with("```");
            blank = line.is_empty();
        }
        assert!(!fenced, "{name}: a fence is open");
        Self {
            name,
            text,
            blocks,
            indented,
        }
    }

    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }

    /// Each run of blocks of these kinds. A block of one of these kinds stands in no other place.
    pub fn in_a_row<const N: usize>(&self, kinds: [&str; N]) -> Vec<[&Block; N]> {
        let ours: Vec<&Block> = self
            .blocks
            .iter()
            .filter(|block| kinds.contains(&block.kind.as_str()))
            .collect();
        ours.chunks(N)
            .map(|run| {
                let run: [&Block; N] = run
                    .try_into()
                    .unwrap_or_else(|_| panic!("{}", run[0].place));
                assert_eq!(
                    run.map(|block| block.kind.as_str()),
                    kinds,
                    "{}",
                    run[0].place
                );
                run
            })
            .collect()
    }
}
