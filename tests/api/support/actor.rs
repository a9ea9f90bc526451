//! Somebody who uses the API.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header};
use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// The secret that the tests' issuer and the tests' servers share.
pub const SECRET: &str = "a secret of the tests: forty characters.";

/// A token that works for an hour, signed by the tests and not by the code that is tested.
pub fn sign(subject: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server under test reads the real clock"
    )]
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims =
        json!({ "sub": subject, "exp": now + 3600, "email": format!("{subject}@example.org") });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap()
}

#[derive(Clone)]
pub struct Actor {
    client: Client,
    endpoint: String,
    token: Option<String>,
}

impl Actor {
    pub fn new(endpoint: &str, token: Option<&str>) -> Self {
        Self {
            client: Client::builder().no_proxy().build().unwrap(),
            endpoint: endpoint.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    pub fn post(&self) -> reqwest::RequestBuilder {
        let request = self.client.post(&self.endpoint);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub fn get(&self) -> reqwest::RequestBuilder {
        let request = self.client.get(&self.endpoint);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Asks, and returns whatever comes back.
    pub async fn ask(&self, document: &str, variables: Value) -> Answer {
        let body = json!({ "query": document, "variables": variables });
        Answer::of(self.post().json(&body).send().await.unwrap()).await
    }

    /// Asks what must succeed, and returns its data.
    pub async fn data(&self, document: &str, variables: Value) -> Value {
        let answer = self.ask(document, variables).await;
        assert_eq!(
            answer.body["errors"],
            Value::Null,
            "{document}\n{}",
            answer.body
        );
        answer.body["data"].clone()
    }

    /// Creates a task and returns it with everything.
    pub async fn create(&self, input: Value) -> Value {
        let document = format!(
            "mutation($input: CreateTaskInput!) {{ createTask(input: $input) {{ task {{ {ALL} }} }} }}"
        );
        let data = self.data(&document, json!({ "input": input })).await;
        data["createTask"]["task"].clone()
    }
}

/// Every plain field of a task.
pub const ALL: &str = "id title description completed completedAt priority dueDate dueTime createdAt updatedAt deletedAt version";

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self {
            status,
            headers,
            text,
            body,
        }
    }

    /// The code of the only error.
    pub fn code(&self) -> &str {
        let errors = self.body["errors"].as_array();
        assert_eq!(errors.map(Vec::len), Some(1), "{}", self.text);
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
    }

    /// The paths of the rules that the only error names, joined by dots.
    pub fn fields(&self) -> Vec<String> {
        assert_eq!(self.code(), "BAD_USER_INPUT", "{}", self.text);
        let fields = self.body["errors"][0]["extensions"]["fields"]
            .as_array()
            .unwrap();
        let join = |field: &Value| {
            assert!(
                field["message"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
            let steps = field["path"].as_array().unwrap();
            let steps: Vec<_> = steps
                .iter()
                .map(|s| s.to_string().replace('"', ""))
                .collect();
            steps.join(".")
        };
        fields.iter().map(join).collect()
    }
}
