//! How the parts go together. What templates print is in `testdata/templates`.

use serde_json::{Value, json};

fn print(template: &str, context: &Value) -> Result<String, String> {
    let template = super::parse::parse(template).map_err(|fault| fault.to_string())?;
    super::eval::print(&template, context, &mut super::Setting::new(model::EpochMillis(0), 0))
}

#[test]
fn templates() {
    let context = json!({
        "platform": "test",
        "message": { "type": "text", "text": "hi", "payload": { "a": ["x", { "b": 1.0 }] } },
        "fetch": { "data": [{ "n": "one" }, { "n": "two" }] },
        "params": { "name": "Kim", "platform": "mine", "facebook:ref": "ad", "tags": ["a", "b"], "empty": {}, "n": "10",
                    "rows": [[1, 2], [3]] },
    });
    for (template, expected) in [
        ("plain", "plain"),
        // Lookup: the context first, then the params.
        ("{{name}}/{{params.name}}", "Kim/Kim"),
        ("{{platform}}/{{params.platform}}", "test/mine"),
        ("[{{nobody}}][{{message.nobody.x}}]", "[][]"),
        ("{{facebook:ref}} {{params.facebook:ref}}", "ad ad"),
        ("{{ name }}|{{\n name }}", "Kim|Kim"),
        // A message is its text, and an object.
        ("{{message}} {{message.text}} {{message.type}}", "hi hi text"),
        ("{{#if ($eq message \"hi\")}}yes{{/if}}", "yes"),
        ("{{#with message}}{{this}} {{type}} {{../platform}}{{/with}}", "hi text test"),
        // Indexes.
        ("{{message.payload.a[0]}} {{message.payload.a.[0]}} {{tags[1]}} [{{tags[9]}}]", "x x b []"),
        ("{{message.payload.a[1].b}} {{fetch.data[1].n}} {{rows[0][1]}}", "1 two 2"),
        ("{{tags.length}} {{name.length}} [{{tags.nope}}] [{{name.nope}}] [{{fetch.data[i].n}}]", "2 3 [] [] []"),
        // Objects and lists print as JSON, numbers as in JavaScript.
        ("{{tags}} {{empty}} {{message.payload}}", "[\"a\",\"b\"] {} {\"a\":[\"x\",{\"b\":1}]}"),
        ("<{{{name}}}> {{&name}}", "<Kim> Kim"),
        // Logic.
        ("{{#if ($eq platform \"test\")}}a{{else}}b{{/if}}", "a"),
        ("{{#if ($and ($gt n 9) ($or nobody name))}}a{{else if name}}b{{/if}}", "a"),
        ("{{#if ($lt n 9)}}a{{else if empty}}b{{else}}c{{/if}}", "b"),
        ("{{#if ($ne n 10)}}strict{{/if}}", "strict"),
        ("{{#if ($lt nobody 1)}}a{{else}}b{{/if}}", "b"),
        ("{{$eq name 'Kim'}}", "true"),
        // Blocks.
        ("{{#each tags}}{{@index}}{{this}}{{../name}}{{#unless @last}},{{/unless}}{{/each}}", "0aKim,1bKim"),
        ("{{#each fetch.data as |item i|}}{{i}}{{item.n}}{{/each}}", "0one1two"),
        ("{{#each rows}}{{#each this}}{{this}}{{/each}};{{/each}}", "12;3;"),
        ("{{#each nobody}}x{{else}}none{{/each}}", "none"),
        ("{{lookup tags 1}} {{lookup fetch.data 0}}", "b {\"n\":\"one\"}"),
        // What looks like a template and is none.
        ("\\{{name}} {name} }}", "{{name}} {name} }}"),
        ("a{{! b }}c{{!-- {{d}} --}}", "ac"),
        ("{{$eq 'a\\'b' \"a'b\"}}", "true"),
    ] {
        assert_eq!(print(template, &context).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn limits() {
    let deep = format!("{}{}", "{{#if a}}".repeat(40), "{{/if}}".repeat(40));
    let unclosed = "{{#if a}}".repeat(30);
    let brackets = format!("{{{{#if {}a{}}}}}{{{{/if}}}}", "(".repeat(40), ")".repeat(40));
    let calls = format!("{{{{{}a{}}}}}", "QUOTE(".repeat(40), ")".repeat(40));
    let loops = "{{#each l}}{{#each @root.l}}{{#each @root.l}}{{/each}}{{/each}}{{/each}}";
    let doubled = "{{#each l}}{{@root.long}}{{/each}}";
    let chosen =
        format!("{{{{#each l}}}}{{{{#each @root.l}}}}{{{{RAND({}0)}}}}{{{{/each}}}}{{{{/each}}}}", "1,".repeat(50));
    for (template, expected) in [
        (deep.as_str(), "too many blocks"),
        (unclosed.as_str(), "Expecting {{/if}}"),
        (brackets.as_str(), "too many brackets"),
        (calls.as_str(), "too many brackets"),
        (loops, "loops too many"),
        (doubled, "too long"),
        ("{{#each l}}{{#each @root.l}}{{TRUNCATE(@root.long, 1)}}{{/each}}{{/each}}", "loops too many"),
        ("{{#each l}}{{#each @root.l}}{{#if ($eq @root.long @root.same)}}{{/if}}{{/each}}{{/each}}", "loops too many"),
        ("{{#each l}}{{#each @root.l}}{{TRUNCATE(@root, 1)}}{{/each}}{{/each}}", "loops too many"),
        ("{{#each l}}{{#each @root.l}}{{#if @root.long.length}}{{/if}}{{/each}}{{/each}}", "loops too many"),
        ("{{#each l}}{{#each @root.l}}{{#if @root.long.[999]}}{{/if}}{{/each}}{{/each}}", "loops too many"),
        (chosen.as_str(), "loops too many"),
    ] {
        let list: Vec<u32> = (0..100).collect();
        let long = "x".repeat(1000);
        let error = print(template, &json!({ "l": list, "long": long, "same": long })).unwrap_err();
        assert!(error.contains(expected), "{template}: {error}");
    }
}
