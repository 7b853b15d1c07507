//! Reads `where`, in all its spellings.

use serde_json::{Map, Value};

use super::Condition;
use super::test::{Test, number};
use crate::import::{ImportError, Reader};
use crate::limits;
use crate::template::scalar_text;

pub(crate) fn read(value: Option<&Value>, reader: &mut Reader, field: &str) -> Result<Condition, ImportError> {
    condition(value.unwrap_or(&Value::Null), reader, field, 0)
}

fn condition(value: &Value, reader: &mut Reader, field: &str, depth: usize) -> Result<Condition, ImportError> {
    if depth > limits::CONDITION_DEPTH {
        return Err(reader.error(field, "has too many conditions inside each other"));
    }
    match value {
        Value::Null => Ok(Condition::ALWAYS),
        Value::Object(object) => all(object, reader, field, depth),
        // A bare list is a list of conditions that must all hold.
        Value::Array(list) => Ok(Condition::All(each(list, reader, field, depth)?)),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(reader.error(field, "is an object of paths and their tests"))
        }
    }
}

fn all(object: &Map<String, Value>, reader: &mut Reader, field: &str, depth: usize) -> Result<Condition, ImportError> {
    let mut conditions = Vec::with_capacity(object.len());
    for (key, value) in object {
        let field = format!("{field}.{key}");
        match (key.as_str(), value) {
            ("and" | "$and" | "AND", Value::Array(list)) => {
                conditions.push(Condition::All(each(list, reader, &field, depth)?));
            }
            ("or" | "$or" | "OR", Value::Array(list)) if list.is_empty() => {}
            ("or" | "$or" | "OR", Value::Array(list)) => {
                conditions.push(Condition::Any(each(list, reader, &field, depth)?));
            }
            (path, Value::Object(tests)) => {
                for (operator, operand) in tests {
                    conditions.push(test(path, operator, operand, reader, &field));
                }
            }
            // The short form of equality.
            (path, operand @ (Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Array(_))) => {
                conditions.push(test(path, "equals", operand, reader, &field));
            }
            (_, Value::Null) => {}
        }
    }
    match conditions.len() {
        1 => Ok(conditions.remove(0)),
        _ => Ok(Condition::All(conditions)),
    }
}

fn each(list: &[Value], reader: &mut Reader, field: &str, depth: usize) -> Result<Vec<Condition>, ImportError> {
    list.iter().map(|value| condition(value, reader, field, depth + 1)).collect()
}

fn test(path: &str, operator: &str, operand: &Value, reader: &mut Reader, field: &str) -> Condition {
    let test = match operator {
        "equals" | "equal" | "eq" | "$eq" | "is" | "in" | "$in" | "oneOf" => Ok(Test::Equals(values(operand))),
        "notEquals" | "notEqual" | "not_equals" | "ne" | "neq" | "$ne" | "nin" | "$nin" | "notIn" | "isNot" => {
            Ok(Test::NotEquals(values(operand)))
        }
        "contains" | "contain" | "includes" | "$contains" => Ok(Test::Contains(texts(operand))),
        "notContains" | "notContain" | "not_contains" | "$notContains" | "excludes" => {
            Ok(Test::NotContains(texts(operand)))
        }
        "exists" | "exist" | "$exists" => Ok(if no(operand) { Test::NotExists } else { Test::Exists }),
        "notExists" | "notExist" | "not_exists" | "$notExists" => {
            Ok(if no(operand) { Test::Exists } else { Test::NotExists })
        }
        "regex" | "regexp" | "$regex" | "matches" | "match" => reader.regex(&scalar_text(operand)).map(Test::Matches),
        "gt" | "$gt" | "greaterThan" | "greater" => bound(operand).map(Test::Greater),
        "gte" | "$gte" | "greaterThanOrEqual" | "greaterThanOrEquals" | "greaterThanEqual" | "greaterOrEqual" => {
            bound(operand).map(Test::GreaterOrEqual)
        }
        "lt" | "$lt" | "lessThan" | "less" => bound(operand).map(Test::Less),
        "lte" | "$lte" | "lessThanOrEqual" | "lessThanOrEquals" | "lessThanEqual" | "lessOrEqual" => {
            bound(operand).map(Test::LessOrEqual)
        }
        _ => Err("is no operator that is known".to_owned()),
    };
    match test {
        Ok(test) => Condition::Test { path: steps(path), test },
        Err(reason) => {
            reader.warn(format!("{field}.{operator} {reason}: the condition never holds"));
            Condition::Never
        }
    }
}

fn values(operand: &Value) -> Vec<Value> {
    match operand {
        Value::Array(list) => list.clone(),
        one => vec![one.clone()],
    }
}

fn texts(operand: &Value) -> Vec<String> {
    values(operand).iter().map(|value| scalar_text(value).into_owned()).collect()
}

fn no(operand: &Value) -> bool {
    matches!(operand, Value::Bool(false)) || matches!(operand, Value::String(text) if text == "false")
}

fn bound(operand: &Value) -> Result<f64, String> {
    number(operand).ok_or_else(|| "compares with a number".to_owned())
}

/// `message.payload.a[0]` and `message.payload.a.[0]`, as in templates.
fn steps(path: &str) -> Vec<String> {
    path.replace('[', ".")
        .split('.')
        .map(|step| step.trim_end_matches(']'))
        .filter(|step| !step.is_empty())
        .map(str::to_owned)
        .collect()
}
