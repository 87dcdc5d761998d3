//! What stands in the brackets: `cache = …, key = "…", …`.

use crate::size::size;
use crate::template::Template;
use crate::timeout::duration;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Lit, LitStr, Result, Token};

const NAMES: [&str; 18] = [
    "cache",
    "key",
    "invalid_keys",
    "tag",
    "timeout",
    "stale",
    "record",
    "skip",
    "codec",
    "local",
    "in_impl",
    "jitter",
    "early_refresh",
    "stale_if_error",
    "stale_while_revalidate",
    "soft_timeout",
    "hard_timeout",
    "on_failure",
];

/// With these the function can go on behind the call.
const OUTLAST: [&str; 3] = ["stale_while_revalidate", "soft_timeout", "hard_timeout"];

pub(crate) struct Options {
    pub(crate) cache: Expr,
    pub(crate) key: Template,
    pub(crate) invalid_keys: Vec<InvalidKey>,
    pub(crate) tag: Option<Expr>,
    /// Whether a function without `self` is an associated one.
    pub(crate) in_impl: bool,
    /// What the builder is told beside, as it is called.
    pub(crate) told: Vec<TokenStream>,
    /// The option that lets the function go on behind the call.
    pub(crate) outlasts: Option<Ident>,
    /// Where it is said that a call ends with an error of its own.
    pub(crate) hard_timeout: Option<Span>,
}

pub(crate) enum InvalidKey {
    Template(Template),
    /// Of `result`.
    Expr(Expr),
}

struct Named {
    name: Ident,
    value: Expr,
}

impl Parse for Named {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self { name, value: input.parse()? })
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut given: Vec<_> =
            Punctuated::<Named, Token![,]>::parse_terminated(input)?.into_iter().collect();
        for (at, Named { name, .. }) in given.iter().enumerate() {
            if !NAMES.iter().any(|known| name == known) {
                let known = NAMES.join("`, `");
                return Err(Error::new(
                    name.span(),
                    format!("there is no option `{name}`; there are `{known}`"),
                ));
            }
            if given[..at].iter().any(|it| it.name == *name) {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
        }
        let mut take = |name: &str| -> Option<Expr> {
            let at = given.iter().position(|it| it.name == name)?;
            Some(given.remove(at).value)
        };
        let missing = |what| move || Error::new(Span::call_site(), what);
        let cache = take("cache")
            .ok_or_else(missing("`cache` is missing: which cache it is in, as in `cache = CACHE`"))?;
        if let Some(this) =
            find(cache.to_token_stream(), &|it| matches!(it, TokenTree::Ident(it) if it == "self"))
        {
            return Err(Error::new(
                this,
                "a function has one cache: a static, or what a function without `self` returns",
            ));
        }
        let key = take("key")
            .ok_or_else(missing("`key` is missing: a template, as in `key = \"Book:{book}>owner\"`"))?;
        let key = Template::parse(string(&key).ok_or_else(|| {
            Error::new_spanned(&key, "a key is a template between quotes: \"Book:{book}>owner\"")
        })?)?;
        let invalid_keys = match take("invalid_keys") {
            Some(key) => InvalidKey::all(key)?,
            None => Vec::new(),
        };
        let tag = take("tag");
        let in_impl = match take("in_impl") {
            Some(Expr::Lit(ExprLit { lit: Lit::Bool(it), .. })) => it.value,
            Some(other) => return Err(Error::new_spanned(other, "`in_impl` is `true` or `false`")),
            None => false,
        };
        let told = given.iter().map(Named::told).collect::<Result<_>>()?;
        let outlasts =
            given.iter().find(|it| OUTLAST.iter().any(|name| it.name == name)).map(|it| it.name.clone());
        let hard_timeout = given.iter().find(|it| it.name == "hard_timeout").map(|it| it.name.span());
        Ok(Self { cache, key, invalid_keys, tag, in_impl, told, outlasts, hard_timeout })
    }
}

impl Named {
    fn told(&self) -> Result<TokenStream> {
        let Self { name, value } = self;
        let Some(text) = string(value) else { return Ok(quote!(.#name(#value))) };
        let fail = |what| Error::new(text.span(), what);
        Ok(match name.to_string().as_str() {
            "timeout" | "stale_if_error" | "soft_timeout" | "hard_timeout" => {
                let time = duration(&text.value()).map_err(fail)?;
                let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
                quote!(.#name(::core::time::Duration::new(#seconds, #nanos)))
            }
            "local" => {
                let bytes = size(&text.value()).map_err(fail)?;
                quote!(.#name(#bytes))
            }
            "jitter" => {
                let share = share(&text.value()).map_err(fail)?;
                quote!(.#name(#share))
            }
            _ => quote!(.#name(#value)),
        })
    }
}

impl InvalidKey {
    /// Those of a list, or the one. A template in anything else would be taken for a name as it stands.
    fn all(key: Expr) -> Result<Vec<Self>> {
        let of_each = |keys: Punctuated<Expr, Token![,]>| -> Result<Vec<Self>> {
            Ok(keys.into_iter().map(Self::all).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        };
        match key {
            Expr::Array(keys) => of_each(keys.elems),
            Expr::Tuple(keys) => of_each(keys.elems),
            Expr::Group(key) => Self::all(*key.expr),
            Expr::Paren(key) => Self::all(*key.expr),
            Expr::Reference(key) if matches!(*key.expr, Expr::Array(_) | Expr::Tuple(_)) => {
                Self::all(*key.expr)
            }
            key => match (string(&key), template_in(key.to_token_stream())) {
                (Some(text), _) => Ok(vec![Self::Template(Template::parse(text)?)]),
                (None, Some(at)) => Err(Error::new(
                    at,
                    "a template stands in the list itself, as in `invalid_keys = [\"User:{result.id}\"]`; elsewhere use `format!`",
                )),
                (None, None) => Ok(vec![Self::Expr(key)]),
            },
        }
    }
}

/// A share, as a percentage.
fn share(text: &str) -> std::result::Result<f64, String> {
    let percent = text.strip_suffix('%').and_then(|it| it.trim_end().parse::<f64>().ok());
    percent
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| format!("'{text}' is no share; write a percentage from \"0%\" to \"100%\", or a number from 0.0 to 1.0"))
}

fn string(expr: &Expr) -> Option<&LitStr> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        Expr::Group(inner) => string(&inner.expr),
        Expr::Paren(inner) => string(&inner.expr),
        _ => None,
    }
}

/// Where a text with a brace stands, but in `format!` and its like.
fn template_in(tokens: TokenStream) -> Option<Span> {
    let (mut before, mut is_macro) = (false, false);
    for token in tokens {
        match &token {
            TokenTree::Group(group) if !is_macro => {
                if let Some(at) = template_in(group.stream()) {
                    return Some(at);
                }
            }
            TokenTree::Literal(text) => {
                let text = text.to_string();
                if text.starts_with('"') && text.contains('{') {
                    return Some(token.span());
                }
            }
            _ => {}
        }
        is_macro = before && matches!(&token, TokenTree::Punct(it) if it.as_char() == '!');
        before = matches!(&token, TokenTree::Ident(it) if it != "vec");
    }
    None
}

/// Where the first token stands that is such a one.
pub(crate) fn find(tokens: TokenStream, is: &dyn Fn(&TokenTree) -> bool) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Group(group) => find(group.stream(), is),
        token => is(&token).then(|| token.span()),
    })
}
