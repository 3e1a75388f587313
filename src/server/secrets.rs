//! The secrets of the routes, of which only hashes are kept, and compared in constant time.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::operator::{BrowserSession, Operator};
use super::sessions;
use crate::signature::Secret;
use crate::store::operators::{ADMIN_TOKEN_NAME, Role, SessionRow};

/// A secret as its hash, so that comparing reveals nothing of its length or beginning.
#[derive(Clone)]
pub(super) struct HashedSecret([u8; 32]);

impl HashedSecret {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether both are hashes of the same secret, in constant time.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    fn matches(&self, given: &[u8]) -> bool {
        self.is(&Self::new(given))
    }
}

impl fmt::Debug for HashedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedSecret")
    }
}

/// An operator's token, as its hash, with the operator's name and role.
#[derive(Clone)]
pub(super) struct Token {
    /// Whose it is.
    pub(super) operator: String,
    /// What they may do.
    pub(super) role: Role,
    hash: HashedSecret,
}

impl Token {
    /// The hash of the session `name` and this token: it reveals neither, and differs for each session.
    pub(super) fn session_hash(&self, name: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(name).chain_update(self.hash.0).finalize().into()
    }

    fn operator(&self) -> Operator {
        Operator { name: self.operator.clone(), role: self.role, session: None }
    }
}

/// The secrets that requests are checked against. A route whose secret is not configured refuses everyone.
#[derive(Clone, Default)]
pub struct Secrets {
    tokens: Vec<Token>,
    cron: Option<HashedSecret>,
}

impl Secrets {
    /// Hashes the tokens.
    pub fn new(admin: Option<&Secret>, cron: Option<&Secret>) -> Self {
        let secrets = Self { tokens: Vec::new(), cron: cron.map(hashed) };
        admin.into_iter().fold(secrets, |secrets, admin| secrets.with_token(ADMIN_TOKEN_NAME, Role::Admin, admin))
    }

    /// Adds the token of an operator.
    #[must_use]
    pub fn with_token(mut self, operator: &str, role: Role, token: &Secret) -> Self {
        self.tokens.push(Token { operator: operator.to_owned(), role, hash: hashed(token) });
        self
    }

    /// The token that `given` is. Every token is compared, so that the time does not tell which one matched.
    pub(super) fn token(&self, given: &[u8]) -> Option<&Token> {
        let given = HashedSecret::new(given);
        self.tokens.iter().fold(None, |found, token| if token.hash.is(&given) { Some(token) } else { found })
    }

    /// The operator whose token `given` is.
    pub(super) fn operator(&self, given: Option<&[u8]>) -> Option<Operator> {
        self.token(given?).map(Token::operator)
    }

    /// The operator of a session with this name and row, if its token is configured still.
    pub(super) fn operator_of_session(&self, name: &[u8], row: &SessionRow) -> Option<Operator> {
        let began_with = HashedSecret(row.token);
        let of_token = |token: &&Token| HashedSecret(token.session_hash(name)).is(&began_with);
        let token = self.tokens.iter().find(of_token)?;
        let session = BrowserSession { id: row.id, form_token: sessions::form_token(name) };
        Some(Operator { session: Some(session), ..token.operator() })
    }

    /// Whether `given` is the cron secret.
    pub(super) fn is_cron(&self, given: Option<&[u8]>) -> bool {
        matches(self.cron.as_ref(), given)
    }
}

fn hashed(secret: &Secret) -> HashedSecret {
    HashedSecret::new(secret.as_text())
}

fn matches(secret: Option<&HashedSecret>, given: Option<&[u8]>) -> bool {
    secret.zip(given).is_some_and(|(secret, given)| secret.matches(given))
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(redacted)")
    }
}
