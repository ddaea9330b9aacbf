//! One `package.json`, with the places of all that it says.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::input::{
    InputError, Stated,
    json::Json,
    npm::{Fault, paths::name_of},
    paths::shown,
    source::Source,
};

/// A `package.json` that was read.
#[derive(Debug)]
pub(super) struct Manifest {
    /// The folder, absolute.
    pub(super) folder: PathBuf,
    /// The file.
    pub(super) source: Arc<Source>,
    /// What it says: an object.
    pub(super) json: Json,
}

impl Manifest {
    /// Reads the `package.json` of an absolute folder.
    pub(super) fn read(folder: &Path) -> Result<Self, InputError> {
        let source = Source::read(&shown(&folder.join("package.json")))?;
        let json = Json::parse(&source)?;
        json.entries()?;
        Ok(Self { folder: folder.to_owned(), source, json })
    }

    /// The package's own name, if it states one.
    pub(super) fn own_name(&self) -> Result<Option<Stated>, InputError> {
        self.stated("name")
    }

    /// The name that others know it by: its own, or that of the folder.
    pub(super) fn name(&self) -> Result<String, InputError> {
        let own = self.own_name()?.map(|name| name.text);
        Ok(own.unwrap_or_else(|| name_of(&self.folder)))
    }

    /// A fault with the name, or with the package that has none.
    pub(super) fn at_name(&self, fault: Fault) -> Result<InputError, InputError> {
        let own = self.own_name()?;
        Ok(match own {
            Some(own) => InputError::at(own.anchor.place(), fault.into()),
            None => self.json.fault(fault.into()),
        })
    }

    /// A text under a key of the whole, unless it is empty.
    pub(super) fn stated(&self, key: &str) -> Result<Option<Stated>, InputError> {
        let text = self.json.get(key).map(Json::text).transpose()?;
        Ok(text.filter(|stated| !stated.text.is_empty()))
    }

    /// The list `workspaces`, or `workspaces.packages`. Absent if there is none.
    pub(super) fn workspaces(&self) -> Result<Option<Vec<Stated>>, InputError> {
        let Some(stated) = self.json.get("workspaces").filter(|list| list.is_truthy()) else {
            return Ok(None);
        };
        let list = stated.get("packages").unwrap_or(stated);
        list.items()?.iter().map(Json::text).collect::<Result<_, _>>().map(Some)
    }
}
