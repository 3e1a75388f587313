//! Clusters of failures that were acknowledged.

use tokio_postgres::Row;

use super::client::Client;
use super::connection::{Connection, args};
use super::row::{storable, time};
use super::{Acknowledgement, Result};

pub(super) async fn acknowledge(client: &Client, cluster: Acknowledgement) -> Result<()> {
    let sql = "INSERT INTO acknowledged (cluster, at, note) VALUES ($1, $2, $3)
        ON CONFLICT (cluster) DO UPDATE SET at = EXCLUDED.at, note = EXCLUDED.note";
    let at = client.by_server(cluster.at).as_millis();
    client
        .transact(async |connection: &Connection| {
            let note = cluster.note.as_deref().map(storable);
            connection.query(sql, args![storable(&cluster.cluster), at, note]).await?;
            Ok(())
        })
        .await
}

pub(super) async fn withdraw(client: &Client, cluster: String) -> Result<bool> {
    client
        .transact(async |connection: &Connection| {
            let sql = "DELETE FROM acknowledged WHERE cluster = $1 RETURNING cluster";
            Ok(!connection.query(sql, args![storable(&cluster)]).await?.is_empty())
        })
        .await
}

pub(super) async fn all(client: &Client) -> Result<Vec<Acknowledgement>> {
    client
        .read(async |connection: &Connection| {
            let rows = connection.query("SELECT cluster, at, note FROM acknowledged ORDER BY cluster", &[]).await?;
            let read = |row: &Row| Acknowledgement { cluster: row.get(0), at: time(row, 1), note: row.get(2) };
            Ok(rows.iter().map(read).collect())
        })
        .await
}
