//! A node of RabbitMQ of a test's own: on loopback, in a temporary directory, with its own port mapper, gone with the value.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};

use crate::support::place::within;
use crate::support::{memory_dir, redis, tools};

/// Debian's script in the path changes to another user; this one does not.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

pub(crate) struct RabbitServer {
    dir: tempfile::TempDir,
    child: Option<Child>,
    port_mapper: Child,
    mapper_port: u16,
    node_port: u16,
    pub(crate) port: u16,
}

/// A message as a consumer of any kind sees it.
pub(crate) struct Taken {
    pub(crate) properties: BasicProperties,
    pub(crate) body: Vec<u8>,
}

impl Taken {
    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let table = self.properties.headers().as_ref()?;
        match table.inner().get(name)? {
            AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
            _ => None,
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl RabbitServer {
    /// Starts one, or skips the test aloud.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with("")
    }

    /// The same with more lines of its configuration.
    pub(crate) fn start_with(lines: &str) -> Option<Self> {
        Self::start_in(memory_dir(), lines)
    }

    fn start_in(dir: tempfile::TempDir, lines: &str) -> Option<Self> {
        if !tools::has_tools(&["erl", "epmd"]) || !(PathBuf::from(SERVER).exists() || tools::skip("no rabbitmq-server"))
        {
            return None;
        }
        let (port, mapper_port, node_port) = (free_port(), free_port(), free_port());
        let mapper = mapper_port.to_string();
        let port_mapper = Command::new("epmd")
            .args(["-port", &mapper, "-address", "127.0.0.1"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { dir, child: None, port_mapper, mapper_port, node_port, port };
        server.configure(lines);
        server.up();
        Some(server)
    }

    /// One whose port speaks TLS, with a certificate of its own for `localhost`: the server and the file to trust.
    pub(crate) fn start_with_tls() -> Option<(Self, PathBuf)> {
        if !tools::has_tools(&["openssl"]) {
            return None;
        }
        let dir = memory_dir();
        let (certificate, key) = redis::own_certificate(dir.path());
        let lines = format!(
            "listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:PORT\nssl_options.certfile = {}\nssl_options.keyfile = {}\nssl_options.cacertfile = {}\n",
            certificate.display(),
            key.display(),
            certificate.display()
        );
        Some((Self::start_in(dir, &lines)?, certificate))
    }

    fn configure(&self, lines: &str) {
        let users = r#"{
            "users": [
                {"name": "guest", "password": "guest", "tags": "administrator"},
                {"name": "reader", "password": "reads-only", "tags": ""}
            ],
            "vhosts": [{"name": "/"}, {"name": "app"}],
            "permissions": [
                {"user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
                {"user": "guest", "vhost": "app", "configure": ".*", "write": ".*", "read": ".*"},
                {"user": "reader", "vhost": "/", "configure": "", "write": "", "read": ".*"}
            ]
        }"#;
        let definitions = self.dir.path().join("definitions.json");
        std::fs::write(&definitions, users).unwrap();
        let listener = if lines.contains("listeners.") { "" } else { "listeners.tcp.1 = 127.0.0.1:PORT\n" };
        let limit = if lines.contains("disk_free_limit") { "" } else { "disk_free_limit.absolute = 1MB\n" };
        let text = format!(
            "{listener}{limit}load_definitions = {}\nlog.console = false\nlog.file = node.log\nlog.file.level = warning\n{lines}\n",
            definitions.display()
        );
        std::fs::write(self.dir.path().join("rabbitmq.conf"), text.replace("PORT", &self.port.to_string())).unwrap();
    }

    pub(crate) fn url(&self, rest: &str) -> String {
        format!("amqp://127.0.0.1:{}/{rest}", self.port)
    }

    /// Starts the node and waits until it listens.
    pub(crate) fn up(&mut self) {
        let inside = |name: &str| self.dir.path().join(name);
        let mut command = Command::new(SERVER);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            // The cookie of its cluster is there.
            .env("HOME", self.dir.path())
            // The script then becomes the node, instead of waiting for it.
            .env("RUNNING_UNDER_SYSTEMD", "1")
            .env("ERL_EPMD_PORT", self.mapper_port.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_CONF_ENV_FILE", inside("none"))
            .env("RABBITMQ_NODENAME", format!("syncctl{}@localhost", self.port))
            .env("RABBITMQ_DIST_PORT", self.node_port.to_string())
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            .env("RABBITMQ_MNESIA_BASE", inside("mnesia"))
            .env("RABBITMQ_LOG_BASE", inside("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", inside("plugins"))
            .env("RABBITMQ_CONFIG_FILE", inside("rabbitmq"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its helpers end with it.
            .process_group(0);
        self.child = Some(command.spawn().unwrap());
        let port = self.port;
        within(Duration::from_secs(60), "the node listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Kills it, as a machine that loses power would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
            child.wait().unwrap();
        }
    }

    /// Does something on a channel of a virtual host.
    fn on_channel<T>(&self, vhost: &str, work: impl AsyncFnOnce(Channel) -> lapin::Result<T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let uri = format!("amqp://127.0.0.1:{}/{vhost}", self.port);
        let done = runtime.block_on(async {
            let connection = Connection::connect(&uri, ConnectionProperties::default()).await.unwrap();
            let channel = connection.create_channel().await.unwrap();
            // Held until the connection is closed: a channel that ends by itself at the same moment spoils the handshake.
            let done = work(channel.clone()).await;
            connection.close(200, "".into()).await.unwrap();
            done
        });
        runtime.shutdown_background();
        done.unwrap()
    }

    /// Makes a durable topic exchange whose every message goes to a durable queue of the same name; what is rejected there goes to
    /// the queue `NAME-dead`, and what is more than `most`, if any, is not taken.
    pub(crate) fn declare(&self, name: &str, most: Option<i32>) {
        let text = |text: &str| AMQPValue::LongString(LongString::from(text.as_bytes().to_vec()));
        self.on_channel("%2F", async |channel| {
            let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
            channel.exchange_declare(name.into(), ExchangeKind::Topic, durable, FieldTable::default()).await?;
            let mut arguments = FieldTable::default();
            arguments.insert("x-dead-letter-exchange".into(), text(""));
            arguments.insert("x-dead-letter-routing-key".into(), text(&format!("{name}-dead")));
            if let Some(most) = most {
                arguments.insert("x-max-length".into(), AMQPValue::LongInt(most));
                arguments.insert("x-overflow".into(), text("reject-publish"));
            }
            let dead = format!("{name}-dead");
            channel.queue_declare(dead.as_str().into(), QueueDeclareOptions::durable(), FieldTable::default()).await?;
            channel.queue_declare(name.into(), QueueDeclareOptions::durable(), arguments).await?;
            channel
                .queue_bind(name.into(), name.into(), "#".into(), QueueBindOptions::default(), FieldTable::default())
                .await
        });
    }

    /// Makes a topic exchange whose messages go to the queue of the same name if their routing key is this one, else nowhere.
    pub(crate) fn declare_for(&self, name: &str, key: &str) {
        self.on_channel("%2F", async |channel| {
            let (options, none) = (ExchangeDeclareOptions::default(), FieldTable::default());
            channel.exchange_declare(name.into(), ExchangeKind::Topic, options, none.clone()).await?;
            channel.queue_declare(name.into(), QueueDeclareOptions::durable(), none.clone()).await?;
            channel.queue_bind(name.into(), name.into(), key.into(), QueueBindOptions::default(), none).await
        });
    }

    /// Publishes a message that says what others than us would say.
    pub(crate) fn publish(&self, queue: &str, body: &str, properties: BasicProperties) {
        self.on_channel("%2F", async |channel| {
            let options = BasicPublishOptions::default();
            channel.basic_publish("".into(), queue.into(), options, body.as_bytes(), properties).await?.await.map(drop)
        });
    }

    /// What it warned of.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log/node.log")).unwrap()
    }

    /// How many messages a queue has to read.
    pub(crate) fn waiting(&self, queue: &str) -> u32 {
        self.on_channel("%2F", async |channel| {
            let passive = QueueDeclareOptions::default().passive();
            Ok(channel.queue_declare(queue.into(), passive, FieldTable::default()).await?.message_count())
        })
    }

    /// Takes every message of a queue.
    pub(crate) fn take(&self, queue: &str) -> Vec<Taken> {
        self.on_channel("%2F", async |channel| {
            let mut taken = Vec::new();
            while let Some(got) = channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await? {
                taken.push(Taken { properties: got.delivery.properties, body: got.delivery.data });
            }
            Ok(taken)
        })
    }
}

impl Drop for RabbitServer {
    fn drop(&mut self) {
        self.kill();
        let _ = self.port_mapper.kill();
        let _ = self.port_mapper.wait();
    }
}
