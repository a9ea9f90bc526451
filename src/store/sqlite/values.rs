//! Values as they stand in the file, which is as sqlx writes them: the migrations are its work, and so
//! are the files of older releases. Instants are RFC 3339 in UTC, and their order as text is theirs.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use sea_orm::Value;
use uuid::Uuid;

/// A value of a statement, to be bound.
pub(super) struct Bound<'a>(pub(super) &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let number = |value: Option<i64>| value.map(ToSqlOutput::from);
        let value = match self.0 {
            Value::Bool(value) => number(value.map(i64::from)),
            Value::SmallInt(value) => number(value.map(i64::from)),
            Value::Int(value) => number(value.map(i64::from)),
            Value::BigInt(value) => number(*value),
            Value::BigUnsigned(value) => {
                // More than there can be is as good as the most.
                number(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX)))
            }
            Value::String(value) => value.as_deref().map(ToSqlOutput::from),
            Value::Uuid(value) => value.as_ref().map(|id| id.as_bytes().as_slice().into()),
            Value::ChronoDate(value) => value.map(|date| date.to_string().into()),
            Value::ChronoTime(value) => value.map(|time| time.to_string().into()),
            Value::ChronoDateTimeUtc(value) => {
                value.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, false).into())
            }
            _ => {
                let why = "no column holds a value of this kind";
                return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
            }
        };
        Ok(value.unwrap_or(ToSqlOutput::Borrowed(ValueRef::Null)))
    }
}

/// What can be read from a column.
pub(in crate::store) trait FromValue: Sized {
    fn from_value(value: ValueRef<'_>) -> FromSqlResult<Self>;
}

/// What rusqlite reads as it stands in the file.
macro_rules! plain {
    ($($kind:ty),+) => {$(
        impl FromValue for $kind {
            fn from_value(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::column_result(value)
            }
        }
    )+};
}

plain!(bool, i16, i64, String);

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue for Uuid {
    fn from_value(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::from_slice(value.as_blob()?).map_err(FromSqlError::other)
    }
}

impl FromValue for NaiveDate {
    fn from_value(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

impl FromValue for NaiveTime {
    fn from_value(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(FromSqlError::other)
    }
}

impl FromValue for DateTime<Utc> {
    fn from_value(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let instant = DateTime::parse_from_rfc3339(value.as_str()?);
        instant.map(|at| at.to_utc()).map_err(FromSqlError::other)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, Query};
    use sea_orm::{ConnectionTrait, Database, DatabaseBackend};

    use super::super::Scratch;
    use super::super::connection::{Connection, Purpose, get};
    use super::*;

    fn instant(text: &str) -> Value {
        let instant: DateTime<Utc> = text.parse().unwrap();
        instant.into()
    }

    /// What is bound here and what sqlx binds is the same value to SQLite, kind and all.
    #[tokio::test]
    async fn values_stand_in_the_file_as_sqlx_writes_them() {
        let date = NaiveDate::from_ymd_opt;
        let time = NaiveTime::from_hms_milli_opt;
        let values: Vec<Value> = vec![
            true.into(),
            (-3_i16).into(),
            i32::MIN.into(),
            i64::MAX.into(),
            20_u64.into(),
            "".into(),
            "O'Brien \u{1F600} \u{0}x".into(),
            Option::<String>::None.into(),
            Option::<DateTime<Utc>>::None.into(),
            Uuid::max().into(),
            date(1, 1, 1).unwrap().into(),
            date(9999, 12, 31).unwrap().into(),
            time(0, 0, 0, 0).unwrap().into(),
            time(23, 59, 59, 50).unwrap().into(),
            instant("2026-11-21T09:08:07Z"),
            instant("2026-11-21T09:08:07.120Z"),
            instant("2026-11-21T09:08:07.123456Z"),
            instant("0001-01-01T00:00:00.000000001Z"),
        ];
        let file = Scratch::with("");
        let ours = Connection::open(file.path(), Purpose::Reading).unwrap();
        let theirs = Database::connect(format!("sqlite://{}", file.path().display()));
        let theirs = theirs.await.unwrap();
        for value in values {
            let quoted = Expr::cust_with_values("quote(?)", [value.clone()]);
            let statement = Query::select().expr_as(quoted, "quoted").to_owned();
            let built = DatabaseBackend::Sqlite.build(&statement);
            let mine: Vec<String> = ours.rows(&built, |row| get(row, 0)).unwrap();
            let row = theirs.query_one(&statement).await.unwrap().unwrap();
            assert_eq!(
                mine[0],
                row.try_get::<String>("", "quoted").unwrap(),
                "{value:?}"
            );
        }
    }

    #[test]
    fn values_are_read_as_they_were_written() {
        fn comes_back<T>(connection: &Connection, value: T)
        where
            T: crate::store::session::Stored + Clone + PartialEq + std::fmt::Debug + Into<Value>,
        {
            let same = Query::select().expr(Expr::value(value.clone())).to_owned();
            let built = DatabaseBackend::Sqlite.build(&same);
            let read = connection.rows(&built, |row| get::<T>(row, 0)).unwrap();
            assert_eq!(read, [value]);
        }
        let file = Scratch::with("");
        let file = Connection::open(file.path(), Purpose::Reading).unwrap();
        comes_back(&file, true);
        comes_back(&file, -3_i16);
        comes_back(&file, Some(i64::MIN));
        comes_back(&file, "O'Brien \u{1F600}".to_owned());
        comes_back(&file, Option::<String>::None);
        comes_back(&file, Uuid::max());
        comes_back(&file, NaiveDate::from_ymd_opt(1, 1, 1).unwrap());
        comes_back(&file, NaiveDate::from_ymd_opt(9999, 12, 31).unwrap());
        comes_back(&file, NaiveTime::from_hms_opt(23, 59, 59).unwrap());
        comes_back(&file, NaiveTime::from_hms_milli_opt(1, 2, 3, 40).unwrap());
        for text in ["2026-11-21T09:08:07Z", "1969-12-31T23:59:59.999999999Z"] {
            comes_back(&file, text.parse::<DateTime<Utc>>().unwrap());
        }
    }

    #[test]
    fn what_is_no_such_value_is_an_error() {
        let file = Scratch::with("");
        let file = Connection::open(file.path(), Purpose::Reading).unwrap();
        let read = |sql: &str| {
            let statement = sea_orm::Statement::from_string(DatabaseBackend::Sqlite, sql);
            file.rows(&statement, |row| get::<NaiveDate>(row, 0))
                .is_err()
        };
        assert!(read("SELECT '2026-02-30'"));
        assert!(read("SELECT 'today'"));
        assert!(read("SELECT 20261121"));
        assert!(read("SELECT NULL"));
    }
}
