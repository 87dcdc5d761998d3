//! What a function returns: a value, or a `Result` of which only the value is stored.

use crate::options::find;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, GenericArgument, PathArguments, Result, ReturnType, Type};

pub(crate) struct Returned {
    pub(crate) value: TokenStream,
    pub(crate) error: TokenStream,
    pub(crate) is_result: bool,
    /// What holds only if it is rightly told.
    pub(crate) check: TokenStream,
}

impl Returned {
    pub(crate) fn of(output: &ReturnType) -> Result<Self> {
        let ReturnType::Type(_, returned) = output else { return Ok(Self::value(quote!(()))) };
        let is_borrowed = |it: &TokenTree| match it {
            TokenTree::Punct(it) => matches!(it.as_char(), '&' | '\''),
            TokenTree::Ident(it) => it == "impl" || it == "Self",
            _ => false,
        };
        if let Some(at) = find(returned.to_token_stream(), &is_borrowed) {
            let what = "the type of what is cached is written out, and borrows nothing: `String` for `&str`, a name for `Self`";
            return Err(Error::new(at, what));
        }
        let Type::Path(path) = &**returned else { return Ok(Self::value(returned.to_token_stream())) };
        let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else {
            return Ok(Self::value(returned.to_token_stream()));
        };
        let types: Vec<_> = match &last.arguments {
            PathArguments::AngleBracketed(args) => {
                args.args.iter().filter(|arg| matches!(arg, GenericArgument::Type(_))).collect()
            }
            _ => Vec::new(),
        };
        let (value, error) = match types[..] {
            [value, error] => (quote!(#value), quote!(#error)),
            // An alias: `io::Result<u64>`.
            _ => {
                let parts = quote!(#returned as ::cacheme::memoize::returned::Returned);
                (quote!(<#parts>::Value), quote!(<#parts>::Error))
            }
        };
        Ok(Self { value, error, is_result: true, check: TokenStream::new() })
    }

    fn value(value: TokenStream) -> Self {
        let check = quote_spanned! {value.span()=>
            const _: () = {
                #[allow(unused_imports)]
                use ::cacheme::memoize::returned::NoResult as _;
                ::core::assert!(
                    !::cacheme::memoize::returned::Probe::<#value>::IS_RESULT,
                    "this is a Result by another name, and its errors would be cached: write `Result<…>`"
                )
            };
        };
        Self { value, error: quote!(::core::convert::Infallible), is_result: false, check }
    }
}
