//! Signs tokens as an issuer does, and as one does who would like to be one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use crate::support::SECRET;

pub struct Signer {
    pub algorithm: Algorithm,
    pub key: EncodingKey,
    pub id: Option<&'static str>,
}

/// The key pair in a file of `keys`.
pub fn pem(name: &str) -> Vec<u8> {
    std::fs::read(format!("tests/api/identity/keys/{name}.pem")).unwrap()
}

impl Signer {
    pub fn new(algorithm: Algorithm, file: &str, id: &'static str) -> Self {
        let pem = pem(file);
        let key = match algorithm {
            Algorithm::EdDSA => EncodingKey::from_ed_pem(&pem),
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(&pem),
            _ => EncodingKey::from_rsa_pem(&pem),
        };
        let (key, id) = (key.unwrap(), Some(id));
        Self { algorithm, key, id }
    }

    pub fn secret(secret: &[u8]) -> Self {
        Self {
            algorithm: Algorithm::HS256,
            key: EncodingKey::from_secret(secret),
            id: None,
        }
    }

    pub fn shared() -> Self {
        Self::secret(SECRET.as_bytes())
    }

    /// The public key as issuers publish it, with `more` laid over; a null takes a member away.
    pub fn jwk(&self, more: Value) -> Value {
        let jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["use"] = "sig".into();
        jwk["kid"] = json!(self.id);
        with(jwk, more)
    }

    /// The header that belongs to this key.
    pub fn header(&self) -> Value {
        let header = json!({ "alg": format!("{:?}", self.algorithm), "typ": "JWT" });
        match self.id {
            Some(id) => with(header, json!({ "kid": id })),
            None => header,
        }
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&self.header(), claims)
    }

    /// A right signature over any header and any claims.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        self.sign_parts(&encode(header), &encode(claims))
    }

    pub fn sign_parts(&self, header: &str, claims: &str) -> String {
        let message = format!("{header}.{claims}");
        let signature = crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

pub fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

pub fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// An object with `changes` laid over; a null takes a member away.
pub fn with(mut object: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    object
}
