//! Prints a template.

use std::borrow::Cow;

use serde_json::Value;

use super::functions::Argument;
use super::json::{json_text, number_text};
use super::logic::truthy;
use super::path;
use super::setting::Setting;
use super::tree::{Branch, Call, Kind, Node, Operand, Path, Start, Step, Template};
use crate::limits;

const FULL: &str = "the text becomes too long, or its loops too many";

pub(super) fn print(template: &Template, root: &Value, setting: &mut Setting) -> Result<String, String> {
    let mut print = Print { root, setting, text: String::new(), left: limits::TEMPLATE_STEPS };
    let scope = Scope { here: Some(root), names: &[], round: None, around: None, counts: true };
    print.nodes(&template.nodes, &scope)?;
    Ok(print.text)
}

/// How many items are in the list.
pub(super) fn items(list: &Path, root: &Value, setting: &mut Setting) -> usize {
    let mut print = Print { root, setting, text: String::new(), left: limits::TEMPLATE_STEPS };
    let scope = Scope { here: Some(root), names: &[], round: None, around: None, counts: true };
    match print.path(list, &scope).ok().flatten().as_deref() {
        Some(Value::Array(list)) => list.len(),
        _ => 0,
    }
}

struct Print<'r> {
    root: &'r Value,
    setting: &'r mut Setting,
    text: String,
    left: usize,
}

/// A block, as far as it changes where paths start.
#[derive(Clone, Copy)]
struct Scope<'s> {
    here: Option<&'s Value>,
    /// For what is here, and for its key.
    names: &'s [Box<str>],
    round: Option<Round<'s>>,
    around: Option<&'s Scope<'s>>,
    /// Whether `../` leads out of it.
    counts: bool,
}

#[derive(Clone, Copy)]
struct Round<'s> {
    index: usize,
    key: Option<&'s str>,
    last: bool,
}

impl Round<'_> {
    fn key(&self) -> Value {
        self.key.map_or_else(|| self.index.into(), Value::from)
    }
}

impl<'r> Print<'r> {
    fn nodes(&mut self, nodes: &[Node], scope: &Scope<'_>) -> Result<(), String> {
        for node in nodes {
            self.spend(1)?;
            match node {
                Node::Text(text) => self.write(text)?,
                Node::Print(operand) => {
                    let value = self.value(operand, scope)?;
                    self.write_value(value)?;
                }
                Node::Block(block) => {
                    let mut entered = false;
                    for branch in &block.branches {
                        entered = self.branch(branch, scope)?;
                        if entered {
                            break;
                        }
                    }
                    if !entered {
                        self.nodes(&block.otherwise, scope)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// False if it is another branch's turn.
    fn branch(&mut self, branch: &Branch, scope: &Scope<'_>) -> Result<bool, String> {
        let Branch { head, body } = branch;
        let value = self.value(&head.operand, scope)?;
        let value = value.as_deref();
        match head.kind {
            Kind::If | Kind::Unless => {
                let mut holds = truthy(value);
                if !holds
                    && value.and_then(Value::as_f64) == Some(0.0)
                    && let Some(operand) = &head.include_zero
                {
                    holds = truthy(self.value(operand, scope)?.as_deref());
                }
                let enters = holds == (head.kind == Kind::If);
                if enters {
                    self.nodes(body, scope)?;
                }
                Ok(enters)
            }
            Kind::Each => self.each(branch, value, scope),
            Kind::With => match value {
                // Zero is something here.
                Some(value) if truthy(Some(value)) || value.is_number() => self.inside(branch, value, None, scope),
                _ => Ok(false),
            },
            Kind::Section => match value {
                None | Some(Value::Null | Value::Bool(false)) => Ok(false),
                Some(Value::Bool(true)) => self.nodes(body, scope).map(|()| true),
                Some(Value::Array(_)) => self.each(branch, value, scope),
                Some(value) => self.inside(branch, value, None, scope),
            },
        }
    }

    fn each(&mut self, branch: &Branch, value: Option<&Value>, scope: &Scope<'_>) -> Result<bool, String> {
        match value {
            Some(Value::Array(list)) => {
                for (index, item) in list.iter().enumerate() {
                    let round = Round { index, key: None, last: index + 1 == list.len() };
                    self.inside(branch, item, Some(round), scope)?;
                }
                Ok(!list.is_empty())
            }
            Some(Value::Object(object)) => {
                for (index, (key, item)) in object.iter().enumerate() {
                    let round = Round { index, key: Some(key), last: index + 1 == object.len() };
                    self.inside(branch, item, Some(round), scope)?;
                }
                Ok(!object.is_empty())
            }
            None | Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => Ok(false),
        }
    }

    fn inside(
        &mut self,
        branch: &Branch,
        here: &Value,
        round: Option<Round<'_>>,
        scope: &Scope<'_>,
    ) -> Result<bool, String> {
        self.spend(1)?;
        let same = scope.here.is_some_and(|around| std::ptr::eq(around, here));
        let inner = Scope { here: Some(here), names: &branch.head.names, round, around: Some(scope), counts: !same };
        self.nodes(&branch.body, &inner)?;
        Ok(true)
    }

    fn value<'s>(&mut self, operand: &'s Operand, scope: &Scope<'s>) -> Result<Option<Cow<'s, Value>>, String>
    where
        'r: 's,
    {
        self.spend(1)?;
        match operand {
            Operand::Literal(value) => Ok(Some(Cow::Borrowed(value))),
            Operand::Undefined => Ok(None),
            Operand::Path(path) => self.path(path, scope),
            Operand::Call(call) => self.call(call, scope),
        }
    }

    fn path<'s>(&mut self, path: &'s Path, scope: &Scope<'s>) -> Result<Option<Cow<'s, Value>>, String>
    where
        'r: 's,
    {
        let start = match &path.start {
            Start::Here { up } => scope.out(*up).and_then(|scope| scope.here).map(Cow::Borrowed),
            Start::Root => Some(Cow::Borrowed(self.root)),
            Start::Loop { name, up } => scope.of_loop(name, *up).map(Cow::Owned),
            Start::Local { name } => scope.local(name),
        };
        let Some(mut here) = start else { return Ok(None) };
        let mut steps = path.steps.iter();
        // At the root, a name that the context lacks is a parameter of the bot.
        if let (Cow::Borrowed(root), Some(Step::Name(name))) = (&here, path.steps.first())
            && std::ptr::eq(*root, self.root)
        {
            let parameter = || root.get("params")?.get(&**name);
            let Some(next) = root.get(&**name).or_else(parameter) else { return Ok(None) };
            here = Cow::Borrowed(next);
            steps.next();
        }
        for step in steps {
            if let Value::String(text) = &*here {
                // It is counted through.
                self.spend(text.len() / limits::TEMPLATE_STEP_BYTES)?;
            }
            let next = match step {
                Step::Name(name) => path::step(here, name),
                Step::Item(item) => {
                    let Some(index) = self.setting.items[item.level] else { return Ok(None) };
                    let from = item.range.map_or(0, |(from, _)| from);
                    path::step(here, &index.saturating_add(from).to_string())
                }
            };
            let Some(next) = next else { return Ok(None) };
            here = next;
        }
        Ok(Some(here))
    }

    fn call<'s>(&mut self, call: &'s Call, scope: &Scope<'s>) -> Result<Option<Cow<'s, Value>>, String>
    where
        'r: 's,
    {
        let mut arguments = Vec::with_capacity(call.operands.len());
        for operand in &call.operands {
            let value = self.value(operand, scope)?;
            let value = if call.function.takes_objects() { value } else { self.said(value) };
            arguments.push(Argument { value, literal: matches!(operand, Operand::Literal(_)) });
        }
        let cost = arguments.iter().map(|argument| call.function.cost(argument)).sum();
        self.spend(cost)?;
        let made = (call.function.make)(&arguments, self.setting)?;
        if let Some(Cow::Owned(Value::String(text))) = &made {
            self.spend(text.len() / limits::TEMPLATE_STEP_BYTES)?;
        }
        Ok(made)
    }

    /// The message stands for its text wherever one value is wanted.
    fn said<'s>(&self, value: Option<Cow<'s, Value>>) -> Option<Cow<'s, Value>>
    where
        'r: 's,
    {
        match value? {
            Cow::Borrowed(value) if self.is_message(value) => {
                Some(Cow::Borrowed(value.get("text").unwrap_or(&Value::Null)))
            }
            value => Some(value),
        }
    }

    fn is_message(&self, value: &Value) -> bool {
        value.is_object() && self.root.get("message").is_some_and(|message| std::ptr::eq(message, value))
    }

    fn write_value(&mut self, value: Option<Cow<'_, Value>>) -> Result<(), String> {
        let Some(value) = value else { return Ok(()) };
        let value = match &*value {
            message if self.is_message(message) => message.get("text").unwrap_or(&Value::Null),
            value => value,
        };
        match value {
            Value::Null => Ok(()),
            Value::Bool(yes) => self.write(if *yes { "true" } else { "false" }),
            Value::String(text) => self.write(text),
            Value::Number(number) => self.write(&number_text(number)),
            Value::Array(_) | Value::Object(_) => self.write(&json_text(value)),
        }
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        if self.text.len() + text.len() > limits::TEMPLATE_BYTES {
            return Err(FULL.to_owned());
        }
        self.text.push_str(text);
        Ok(())
    }

    fn spend(&mut self, steps: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(steps).ok_or_else(|| FULL.to_owned())?;
        Ok(())
    }
}

impl<'s> Scope<'s> {
    fn out(&self, up: usize) -> Option<Self> {
        let mut scope = *self;
        for _ in 0..up {
            while !scope.counts {
                scope = *scope.around?;
            }
            scope = *scope.around?;
        }
        Some(scope)
    }

    fn of_loop(&self, name: &str, mut up: usize) -> Option<Value> {
        let mut scope = self;
        loop {
            if let Some(round) = &scope.round {
                if up == 0 {
                    return match name {
                        "key" => Some(round.key()),
                        "index" => Some(round.index.into()),
                        "first" => Some((round.index == 0).into()),
                        "last" => Some(round.last.into()),
                        _ => None,
                    };
                }
                up -= 1;
            }
            scope = scope.around?;
        }
    }

    fn local(&self, name: &str) -> Option<Cow<'s, Value>> {
        let mut scope = self;
        loop {
            match scope.names.iter().position(|known| **known == *name) {
                Some(0) => return scope.here.map(Cow::Borrowed),
                Some(1) => return scope.round.map(|round| Cow::Owned(round.key())),
                Some(_) => return None,
                None => scope = scope.around?,
            }
        }
    }
}
