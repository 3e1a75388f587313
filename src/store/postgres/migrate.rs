//! Bringing a database to the schema this program knows.

use super::connection::{Connection, args};
use super::error::PostgresError;
use super::settings::ConnectionSettings;
use crate::store::{Access, StoreError};

/// Every migration, in order. Appended, never edited: the position is the version it leads to.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/postgres/0001_queue.sql"),
    include_str!("../../../migrations/postgres/0002_inbound.sql"),
    include_str!("../../../migrations/postgres/0003_refusals.sql"),
    include_str!("../../../migrations/postgres/0004_commits.sql"),
    include_str!("../../../migrations/postgres/0005_operators.sql"),
    include_str!("../../../migrations/postgres/0006_acknowledged.sql"),
    include_str!("../../../migrations/postgres/0007_whole_records.sql"),
    include_str!("../../../migrations/postgres/0008_scheduled.sql"),
    include_str!("../../../migrations/postgres/0009_incidents.sql"),
    include_str!("../../../migrations/postgres/0010_guesses.sql"),
    include_str!("../../../migrations/postgres/0011_resources.sql"),
    include_str!("../../../migrations/postgres/0012_failed_attempts.sql"),
    include_str!("../../../migrations/postgres/0013_record_order.sql"),
    include_str!("../../../migrations/postgres/0014_deleted_records.sql"),
];

/// The advisory lock under which one process at a time migrates: any number that is the same for all.
const MIGRATION_LOCK: i64 = 0x0073_796e_6363_746c;

/// The schema version this program writes.
pub(super) fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The version of the database; none when there is no queue in it.
pub(super) async fn version(connection: &Connection, schema: &str) -> Result<Option<i64>, PostgresError> {
    // What a role may not look into is not there as far as names go.
    let found = "SELECT to_regclass('schema_version') IS NOT NULL,
        EXISTS (SELECT FROM pg_namespace WHERE nspname = $1 AND NOT has_schema_privilege(oid, 'USAGE'))";
    let found = connection.query_once(found, args![schema]).await?;
    let flag = |at: usize| found.first().is_some_and(|row| row.get(at));
    if flag(1) {
        return Err(StoreError::Forbidden(format!("permission denied for schema {schema}")).into());
    }
    if !flag(0) {
        return Ok(None);
    }
    let rows = connection.query_once("SELECT version FROM schema_version", &[]).await?;
    Ok(rows.first().map(|row| row.get(0)))
}

/// Sees to it that the schema is the one this program knows, as far as `access` allows.
pub(super) async fn prepare(
    connection: &Connection,
    settings: &ConnectionSettings,
    access: Access,
) -> Result<(), PostgresError> {
    connection.begin().await?;
    let found = version(connection, &settings.schema).await;
    connection.roll_back().await?;
    let known = known_version();
    match (found?, access) {
        (Some(found), Access::Fill) if found == -known => Ok(()),
        (Some(..0), _) => Err(StoreError::Filling.into()),
        (Some(found), _) if found > known => Err(StoreError::SchemaNewer { found, known }.into()),
        (Some(found), _) if found == known => Ok(()),
        (Some(found), Access::Inspect | Access::ReadOnly) => Err(StoreError::SchemaOlder { found, known }.into()),
        (None, Access::Existing | Access::Inspect | Access::ReadOnly) => Err(StoreError::NoDatabase.into()),
        (Some(_), Access::Create | Access::Fill | Access::Existing) | (None, Access::Create | Access::Fill) => {
            migrate(connection, settings).await
        }
    }
}

/// Runs what is missing in one transaction; of two processes that start at once, one does it and one waits.
async fn migrate(connection: &Connection, settings: &ConnectionSettings) -> Result<(), PostgresError> {
    connection.begin().await?;
    let migrated = migrate_within(connection, settings).await;
    match migrated {
        Ok(()) => connection.commit().await,
        Err(error) => {
            connection.roll_back().await?;
            Err(error)
        }
    }
}

async fn migrate_within(connection: &Connection, settings: &ConnectionSettings) -> Result<(), PostgresError> {
    let schema = &settings.schema;
    connection.query_once("SELECT pg_advisory_xact_lock($1)", args![MIGRATION_LOCK]).await?;
    // A role that may use the schema but not create one finds it made by its administrator.
    let exists = connection.query_once("SELECT 1 FROM pg_namespace WHERE nspname = $1", args![schema.as_str()]).await?;
    if exists.is_empty() {
        connection.execute_all(&format!("CREATE SCHEMA {schema}")).await?;
    }
    connection
        .execute_all("CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL, one boolean PRIMARY KEY DEFAULT true CHECK (one))")
        .await?;
    connection.execute_all("INSERT INTO schema_version (version) VALUES (0) ON CONFLICT DO NOTHING").await?;
    // Where advisory locks do nothing, the lock of this row does it.
    let found = connection.query_once("SELECT version FROM schema_version FOR UPDATE", &[]).await?;
    let found: i64 = found.first().map_or(0, |row| row.get(0));
    let known = known_version();
    if found > known {
        return Err(StoreError::SchemaNewer { found, known }.into());
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        connection.execute_all(migration).await?;
    }
    connection.query_once("UPDATE schema_version SET version = $1", args![known]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_migrations_are_never_edited() {
        use sha2::{Digest, Sha256};
        let digests: Vec<_> = MIGRATIONS.iter().map(|sql| hex::encode(&Sha256::digest(sql)[..8])).collect();
        let shipped = [
            "c881fd972c091ffc",
            "dec8bf37f53afccd",
            "d3749eec41d86117",
            "971b7228de8c40eb",
            "731939cd110dbaff",
            "34dea8bbb96b0460",
            "c2a141e39af8579a",
            "56d2092a96b11c86",
            "7bac489790bce055",
            "4f0238651afa84ff",
            "b4a88048b450ecc5",
            "bba5f56070ca3fb6",
            "541a409b07fa70d8",
            "7c8344803bc0ccb5",
        ];
        assert_eq!(digests, shipped, "append a migration instead of editing one");
    }
}
