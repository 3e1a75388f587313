//! Candidate secrets for the search.

use zeroize::Zeroizing;

/// What a candidate secret is: the current one, the previous one, or that of another endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The one to verify with.
    Current,
    /// The previous one.
    Previous,
    /// The secret of another endpoint, by its name.
    Endpoint(String),
}

/// A secret under which the explanation tries to find the signature right.
#[derive(Clone)]
pub struct Candidate {
    /// Where it comes from.
    pub role: Role,
    /// Its bytes exactly as configured, with whatever white space they have.
    pub text: Zeroizing<Vec<u8>>,
}

impl Candidate {
    /// A secret of that role.
    pub fn new(role: Role, text: impl Into<Vec<u8>>) -> Self {
        Self { role, text: Zeroizing::new(text.into()) }
    }
}

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Candidate({:?}, redacted)", self.role)
    }
}
