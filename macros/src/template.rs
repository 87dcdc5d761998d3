//! Templates of keys: `Book:{book}>owner`, `User:{result.id}`, `{name:?}`, `{self.shop.id()}`, `{{` and `}}`.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::{Error, Expr, LitStr, Result};

pub(crate) struct Template {
    literal: LitStr,
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Value(Value),
}

/// What stands between braces.
pub(crate) struct Value {
    /// The name it begins with: an argument, `self` or `result`.
    pub(crate) root: Ident,
    pub(crate) expr: Expr,
    /// How it is written: `:?`, or nothing.
    pub(crate) spec: String,
}

impl Template {
    pub(crate) fn parse(literal: &LitStr) -> Result<Self> {
        let text = literal.value();
        let fail = |what: &str| Err(Error::new(literal.span(), what));
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text.as_str());
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if from.starts_with("{{") || from.starts_with("}}") {
                plain.push_str(&from[..1]);
                rest = &from[2..];
                continue;
            }
            let Some(inside) = from.strip_prefix('{') else {
                return fail("a `}` without its `{`; write `}}` for a brace that is text");
            };
            let Some(end) = inside.find('}') else {
                return fail("a `{` without its `}`; write `{{` for a brace that is text");
            };
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::Value(Value::parse(&inside[..end], literal.span())?));
            rest = &inside[end + 1..];
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self { literal: literal.clone(), pieces })
    }

    pub(crate) fn span(&self) -> Span {
        self.literal.span()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(value) => Some(value),
            Piece::Text(_) => None,
        })
    }

    /// The text, once what stands between braces is written as it says, or as `other` has it instead.
    pub(crate) fn format(&self, mut other: impl FnMut(&Value) -> Option<TokenStream>) -> TokenStream {
        let (mut text, mut values) = (String::new(), Vec::new());
        for piece in &self.pieces {
            match piece {
                Piece::Text(plain) => text.push_str(&plain.replace('{', "{{").replace('}', "}}")),
                Piece::Value(value) => {
                    let instead = other(value);
                    let spec = if instead.is_some() { "" } else { &value.spec };
                    text.push_str(&format!("{{{spec}}}"));
                    let expr = &value.expr;
                    values.push(instead.unwrap_or_else(|| quote!(#expr)));
                }
            }
        }
        let mut literal = Literal::string(&text);
        literal.set_span(self.span().resolved_at(Span::mixed_site()));
        quote!(::std::format!(#literal, #(#values),*))
    }
}

impl Value {
    fn parse(text: &str, span: Span) -> Result<Self> {
        let at = text.find(':').unwrap_or(text.len());
        let (path, spec) = text.split_at(at);
        let fail = || {
            let help = "name an argument, with fields or methods behind it: {book}, {book.id}, {book.id()}";
            Error::new(span, format!("`{{{text}}}`: {help}"))
        };
        if spec.starts_with("::") {
            return Err(fail());
        }
        if spec.contains(['$', '*']) {
            return Err(Error::new(span, format!("`{{{text}}}`: a width is a number here")));
        }
        let expr: Expr = LitStr::new(path, span).parse().map_err(|_| fail())?;
        let root = root(&expr).cloned().ok_or_else(fail)?;
        Ok(Self { root, expr, spec: spec.to_owned() })
    }

    /// The value alone.
    pub(crate) fn format(&self, span: Span) -> TokenStream {
        let mut literal = Literal::string(&format!("{{{}}}", self.spec));
        literal.set_span(span.resolved_at(Span::mixed_site()));
        let expr = &self.expr;
        quote!(::std::format!(#literal, #expr))
    }
}

/// The name at the beginning of fields and methods without arguments.
fn root(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Field(field) => root(&field.base),
        Expr::MethodCall(call) if call.args.is_empty() && call.turbofish.is_none() => root(&call.receiver),
        Expr::Path(path) if path.attrs.is_empty() => path.path.get_ident(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Template> {
        Template::parse(&LitStr::new(text, Span::call_site()))
    }

    #[test]
    fn what_stands_between_braces_is_found() {
        let all = parse("a{{{book}}}b{self.shop.id()}>{pair.0:?}{n:>08}").unwrap();
        let values: Vec<_> = all.values().map(|it| (it.root.to_string(), it.spec.clone())).collect();
        let expected = [("book", ""), ("self", ""), ("pair", ":?"), ("n", ":>08")];
        assert_eq!(values, expected.map(|(root, spec)| (root.to_owned(), spec.to_owned())));
        assert!(all.format(|_| None).to_string().contains(r#""a{{{}}}b{}>{:?}{:>08}""#));
        let instead = all.format(|it| (it.root == "pair").then(|| quote!(it))).to_string();
        assert!(instead.contains(r#""a{{{}}}b{}>{}{:>08}""#));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for bad in [
            "{", "}", "{}", "{0}", "{book", "book}", "{a + b}", "{f(a)}", "{a::b}", "{a.b(1)}", "{a:>w$}",
            "{ }",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
