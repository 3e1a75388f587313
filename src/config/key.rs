//! What a configuration key is: its name, how its text is read and shown. The files of keys list them.

/// How a configuration file may write a value: as one value, a list, a path or a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueForm {
    /// One value.
    One,
    /// One value or a list.
    List,
    /// A table of names and texts, or a list of `NAME=TEXT`.
    Pairs,
    /// A path; a relative one counts from the file's directory.
    Path,
    /// A path or a database URL.
    Database,
}

/// A configuration key: its name, how its text is parsed into a `T`, how its value is shown.
pub(super) struct Key<T> {
    pub(super) name: &'static str,
    pub(super) form: ValueForm,
    pub(super) read: fn(&mut T, &str) -> Result<(), String>,
    pub(super) show: fn(&T) -> String,
}

/// Makes a key.
pub(super) const fn key<T>(
    name: &'static str,
    form: ValueForm,
    read: fn(&mut T, &str) -> Result<(), String>,
    show: fn(&T) -> String,
) -> Key<T> {
    Key { name, form, read, show }
}

/// Stores a value that was parsed.
pub(super) fn set<V>(place: &mut V, value: Result<V, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}
