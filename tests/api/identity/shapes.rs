//! What the tokens and key sets of well-known issuers look like.

use docket::identity::{
    Authorities, IssuerSettings, KeySource, PublicKeys, Secret, Settings, SharedSecret,
};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::NOW;
use super::signer::{Signer, with};
use crate::support::SECRET;

pub struct Shape {
    /// How its block in `.env.example` begins.
    pub block: &'static str,
    pub issuer: &'static str,
    pub audience: Option<&'static str>,
    pub party: Option<&'static str>,
    pub signer: Signer,
    pub header: Value,
    pub claims: Value,
    /// What it publishes; none where the key is a secret.
    pub key_set: Option<Value>,
}

impl Shape {
    pub fn good(&self) -> String {
        self.with(json!({}))
    }

    /// A token with changed claims, rightly signed.
    pub fn with(&self, changes: Value) -> String {
        let claims = with(self.claims.clone(), changes);
        self.signer.sign_as(&self.header, &claims)
    }

    /// A token with a changed header, rightly signed.
    pub fn with_header(&self, changes: Value) -> String {
        let header = with(self.header.clone(), changes);
        self.signer.sign_as(&header, &self.claims)
    }

    pub fn settings(&self) -> IssuerSettings {
        let keys = match &self.key_set {
            Some(set) => {
                let bytes = set.to_string();
                KeySource::Public(PublicKeys::from_jwks(bytes.as_bytes(), None).unwrap())
            }
            None => KeySource::Shared(SharedSecret::hs256(Secret::new(SECRET).unwrap())),
        };
        IssuerSettings {
            issuer: Some(self.issuer.to_owned()),
            audiences: self.audience.iter().map(|it| (*it).to_owned()).collect(),
            authorized_parties: self.party.iter().map(|it| (*it).to_owned()).collect(),
            ..IssuerSettings::new(vec![keys])
        }
    }
}

/// A server that takes the tokens of all of them.
pub fn settings(shapes: &[Shape]) -> Settings {
    let mut issuers: Vec<IssuerSettings> = Vec::new();
    for shape in shapes {
        let settings = shape.settings();
        match issuers.iter_mut().find(|it| it.issuer == settings.issuer) {
            Some(same) => same.keys.extend(settings.keys),
            None => issuers.push(settings),
        }
    }
    Settings {
        issuers,
        authorities: Authorities::default(),
    }
}

pub fn all() -> Vec<Shape> {
    vec![
        better_auth(),
        better_auth_secret(),
        auth0(),
        clerk(),
        keycloak(),
        supabase(),
        supabase_secret(),
    ]
}

pub fn better_auth() -> Shape {
    let signer = Signer::new(
        Algorithm::EdDSA,
        "ed25519",
        "9yKjqO6QpO7WfPZkZQnYgU5lyQzUO0p2",
    );
    Shape {
        block: "Better Auth, with its jwt plugin",
        issuer: "https://app.example",
        audience: Some("https://app.example"),
        party: None,
        header: json!({ "alg": "EdDSA", "kid": signer.id }),
        claims: json!({
            "iat": NOW, "exp": NOW + 900, "iss": "https://app.example", "aud": "https://app.example",
            "sub": "IVn6ZwQ7gY0m2gkWVbJQkYv0vJmC6t5e", "id": "IVn6ZwQ7gY0m2gkWVbJQkYv0vJmC6t5e",
            "name": "Alice", "email": "alice@example.org", "emailVerified": false, "image": null,
            "createdAt": "2026-11-21T08:15:30.123Z", "updatedAt": "2026-11-21T08:15:30.123Z",
        }),
        key_set: Some(json!({ "keys": [signer.jwk(json!({ "use": null }))] })),
        signer,
    }
}

pub fn better_auth_secret() -> Shape {
    let shape = better_auth();
    Shape {
        block: "Better Auth, with a secret",
        signer: Signer::shared(),
        header: json!({ "alg": "HS256" }),
        key_set: None,
        ..shape
    }
}

pub fn auth0() -> Shape {
    let signer = Signer::new(
        Algorithm::RS256,
        "rsa",
        "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDA",
    );
    let key =
        signer.jwk(json!({ "x5t": "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDA", "x5c": ["MIIC"] }));
    Shape {
        block: "Auth0",
        issuer: "https://tenant.auth0.com/",
        audience: Some("https://tasks.example/api"),
        party: None,
        header: json!({ "alg": "RS256", "typ": "JWT", "kid": signer.id }),
        claims: json!({
            "iss": "https://tenant.auth0.com/", "sub": "auth0|6553e1f8a0b1c2d3e4f50617",
            "aud": ["https://tasks.example/api", "https://tenant.auth0.com/userinfo"],
            "iat": NOW, "exp": NOW + 86400, "scope": "openid profile email tasks:read",
            "azp": "S0ZqM1pXbWZ0b2tlbi1jbGllbnQ", "permissions": ["tasks:read", "tasks:write"],
        }),
        key_set: Some(json!({ "keys": [key] })),
        signer,
    }
}

pub fn clerk() -> Shape {
    let signer = Signer::new(
        Algorithm::RS256,
        "rsa-other",
        "ins_2b1XUtGmzXn5Hq5mZ0u1yXQv7ab",
    );
    Shape {
        block: "Clerk",
        issuer: "https://app.example.clerk.accounts.dev",
        audience: None,
        party: Some("https://origin.example"),
        header: json!({
            "alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": signer.id, "typ": "JWT",
        }),
        claims: json!({
            "azp": "https://origin.example", "exp": NOW + 60, "fva": [5, -1], "iat": NOW,
            "iss": "https://app.example.clerk.accounts.dev", "nbf": NOW - 10,
            "sid": "sess_2b1XUtGmzXn5Hq5mZ0u1yXQv7ab", "sts": "active",
            "sub": "user_2b1XUtGmzXn5Hq5mZ0u1yXQv7ab", "v": 2,
        }),
        key_set: Some(json!({ "keys": [signer.jwk(json!({}))] })),
        signer,
    }
}

pub fn keycloak() -> Shape {
    let signer = Signer::new(
        Algorithm::RS256,
        "rsa",
        "FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE",
    );
    // Its realms publish a key for encryption beside the one for signatures.
    let encrypts = Signer::new(
        Algorithm::RS256,
        "rsa-other",
        "hT0vJ1Wkj2Wd0p9vGm3Zk0QbV6lHc1yNfQ8sXrY2uEo",
    );
    let encrypts = encrypts.jwk(json!({ "use": "enc", "alg": "RSA-OAEP" }));
    Shape {
        block: "Keycloak",
        issuer: "https://sso.example/realms/docket",
        audience: Some("docket"),
        party: None,
        header: json!({ "alg": "RS256", "typ": "JWT", "kid": signer.id }),
        claims: json!({
            "exp": NOW + 300, "iat": NOW, "auth_time": NOW - 1, "jti": "onrtac:1c5b3f6e-2f9a",
            "iss": "https://sso.example/realms/docket", "aud": ["docket", "account"],
            "sub": "f3b0c6f1-6a9f-4a57-8f0f-0c9f5a1f5d11", "typ": "Bearer", "azp": "web",
            "sid": "f4a0b2a1-7f3a-4e0e-9d5b-1c2d3e4f5a6b", "acr": "1", "allowed-origins": ["*"],
            "realm_access": { "roles": ["offline_access", "uma_authorization"] },
            "resource_access": { "account": { "roles": ["view-profile"] } },
            "scope": "email profile", "email_verified": true, "name": "Alice Liddell",
            "preferred_username": "alice", "email": "alice@example.org",
        }),
        key_set: Some(json!({ "keys": [encrypts, signer.jwk(json!({ "x5c": ["MIIC"] }))] })),
        signer,
    }
}

pub fn supabase() -> Shape {
    let signer = Signer::new(
        Algorithm::ES256,
        "p256",
        "b81269f1-21d8-4f2e-b719-c2240a840d90",
    );
    let key = signer.jwk(json!({ "key_ops": ["verify"], "ext": true }));
    Shape {
        block: "Supabase, with signing keys",
        issuer: "https://abcdefghijklmnop.supabase.co/auth/v1",
        audience: Some("authenticated"),
        party: None,
        header: json!({ "alg": "ES256", "kid": signer.id, "typ": "JWT" }),
        claims: json!({
            "iss": "https://abcdefghijklmnop.supabase.co/auth/v1", "aud": "authenticated",
            "sub": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "exp": NOW + 3600, "iat": NOW,
            "email": "alice@example.org", "phone": "", "role": "authenticated", "aal": "aal1",
            "app_metadata": { "provider": "email", "providers": ["email"] },
            "user_metadata": { "email_verified": true }, "is_anonymous": false,
            "amr": [{ "method": "password", "timestamp": NOW }],
            "session_id": "5b0d1a52-7a8e-4d0e-9c1f-2b3c4d5e6f70",
        }),
        key_set: Some(json!({ "keys": [key] })),
        signer,
    }
}

pub fn supabase_secret() -> Shape {
    let shape = supabase();
    Shape {
        block: "Supabase, with the legacy JWT secret",
        signer: Signer::shared(),
        header: json!({ "alg": "HS256", "typ": "JWT" }),
        key_set: None,
        ..shape
    }
}
