//! One function becomes five: itself with the cache in front of it, and what stands beside it.

use crate::options::{InvalidKey, Options};
use crate::returned::Returned;
use crate::template::{Template, Value};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, FnArg, GenericParam, ItemFn, Pat, PatType, ReceiverKind, Result, ReturnType, Signature,
    Type,
};

/// The function as it was, where something is wrong: whoever calls it has nothing to complain of.
pub(crate) fn memoize(options: TokenStream, function: TokenStream) -> TokenStream {
    let expanded = syn::parse2::<ItemFn>(function.clone()).and_then(|item| {
        check(&item.sig)?;
        Ok(Expansion::new(syn::parse2(options)?, item)?.expand())
    });
    expanded.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#error #function)
    })
}

/// What cannot be memoized at all.
fn check(sig: &Signature) -> Result<()> {
    let generic = sig.generics.params.iter().find(|it| !matches!(it, GenericParam::Lifetime(_)));
    if let Some(generic) = generic {
        let what =
            "a generic function cannot be memoized: write one for each type, or `impl Trait` for an argument";
        return Err(Error::new_spanned(generic, what));
    }
    if let Some(refused) = sig.constness.map(|it| it.span()).or_else(|| sig.abi.as_ref().map(Spanned::span)) {
        return Err(Error::new(refused, "only a plain function or an async one can be memoized"));
    }
    match &sig.asyncness {
        Some(it) if !cfg!(feature = "tokio") => {
            Err(Error::new(it.span(), "an async function needs the feature `tokio` of cacheme"))
        }
        _ => Ok(()),
    }
}

struct Expansion {
    options: Options,
    item: ItemFn,
    returned: Returned,
    /// The arguments as they are handed on: a name each.
    args: Vec<Arg>,
    receiver: bool,
}

struct Arg {
    name: Ident,
    whole: PatType,
    /// Whether a template can name it.
    named: bool,
}

impl Expansion {
    fn new(options: Options, item: ItemFn) -> Result<Self> {
        let returned = Returned::of(&item.sig.output)?;
        let args = item.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(whole) => Some(whole),
            FnArg::Receiver(_) => None,
        });
        let args = args.enumerate().map(|(at, whole)| Arg::new(at, whole)).collect();
        let receiver = matches!(item.sig.inputs.first(), Some(FnArg::Receiver(_)));
        let this = Self { options, item, returned, args, receiver };
        this.check_owned()?;
        this.check_names(&this.options.key, false)?;
        this.templates().try_for_each(|template| this.check_names(template, true))?;
        Ok(this)
    }

    /// What goes on behind the call cannot borrow from it.
    fn check_owned(&self) -> Result<()> {
        let Some(name) = &self.options.outlasts else { return Ok(()) };
        let fail = |span, instead: &str| {
            Err(Error::new(
                span,
                format!("with `{name}` the function may go on behind the call: take {instead}"),
            ))
        };
        for input in &self.item.sig.inputs {
            match input {
                FnArg::Receiver(this) if matches!(this.kind, ReceiverKind::Reference(..)) => {
                    return fail(this.span(), "`self: Arc<Self>`, not a reference");
                }
                FnArg::Typed(PatType { ty, .. }) => {
                    if let Type::Reference(borrowed) = &**ty
                        && borrowed.lifetime.as_ref().is_none_or(|it| it.ident != "static")
                    {
                        return fail(ty.span(), "what is owned, `String` or an `Arc`, not a reference");
                    }
                }
                FnArg::Receiver(_) => {}
            }
        }
        Ok(())
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        self.options.invalid_keys.iter().filter_map(|key| match key {
            InvalidKey::Template(template) => Some(template),
            InvalidKey::Expr(_) => None,
        })
    }

    /// Whether each name is an argument of the function, or its result.
    fn check_names(&self, template: &Template, result: bool) -> Result<()> {
        for Value { root, .. } in template.values() {
            let is_arg = self.args.iter().any(|arg| arg.named && arg.name.unraw() == root.unraw());
            let fail = |what: String| Err(Error::new(template.span(), what));
            match (root == "self", root == "result" && result) {
                (true, _) if self.receiver => {}
                (_, true) if is_arg => {
                    return fail(
                        "`result` is what the function returned: call the argument something else".to_owned(),
                    );
                }
                (_, true) => {}
                _ if is_arg => {}
                _ => {
                    let args =
                        self.args.iter().filter(|arg| arg.named).map(|arg| arg.name.unraw().to_string());
                    let known: Vec<_> = (self.receiver.then(|| "self".to_owned()).into_iter())
                        .chain(args)
                        .chain(result.then(|| "result".to_owned()))
                        .map(|name| format!("`{name}`"))
                        .collect();
                    let known = if known.is_empty() {
                        "it has none".to_owned()
                    } else {
                        format!("there are {}", known.join(", "))
                    };
                    return fail(format!("`{root}` is no argument of `{}`; {known}", self.item.sig.ident));
                }
            }
        }
        Ok(())
    }

    fn expand(&self) -> TokenStream {
        let ItemFn { attrs, vis, sig, block, .. } = &self.item;
        let docs = |text: String| quote!(#[doc = #text]);
        let name = sig.ident.unraw().to_string();
        let cfgs: Vec<_> = only(attrs, &["cfg"]).collect();
        let lints = only(attrs, &["allow", "warn", "deny", "forbid"]);

        let front = self.signature(&sig.ident);
        let call = self.call(false);
        let refresh = self.signature(&self.beside("refresh"));
        let refreshed = self.call(true);
        let refresh_docs = docs(format!(
            "[`{name}`] of these arguments, computed now and stored over whatever the cache has."
        ));
        let uncached = Signature { ident: self.beside("uncached"), ..sig.clone() };
        let uncached_docs = docs(format!("[`{name}`] without its cache."));
        let arguments = self.arguments();
        let cached = self.cached();
        let expects = attrs.iter().filter(|it| !it.path().is_ident("expect"));
        let expected = only(attrs, &["expect"]);
        quote! {
            #(#expects)*
            #vis #front { #call }

            #(#cfgs)* #refresh_docs
            #[allow(dead_code)]
            #vis #refresh { #refreshed }

            #(#cfgs)* #uncached_docs
            #(#lints)* #(#expected)*
            #vis #uncached #block

            #(#cfgs)*
            #arguments
            #(#cfgs)*
            #cached
        }
    }

    fn beside(&self, what: &str) -> Ident {
        let ident = &self.item.sig.ident;
        format_ident!("{}_{what}", ident.unraw(), span = ident.span())
    }

    /// How a function beside this one is called from it.
    fn path(&self, what: &str) -> TokenStream {
        let ident = self.beside(what);
        if self.receiver || self.options.in_impl { quote!(Self::#ident) } else { quote!(#ident) }
    }

    /// The function's own, with a name for each argument.
    fn signature(&self, ident: &Ident) -> Signature {
        let mut sig = Signature { ident: ident.clone(), ..self.item.sig.clone() };
        let mut args = self.args.iter();
        for input in &mut sig.inputs {
            match input {
                FnArg::Receiver(this) => this.mutability = None,
                FnArg::Typed(whole) => {
                    if let Some(Arg { name, .. }) = args.next() {
                        *whole.pat = syn::parse_quote!(#name);
                    }
                }
            }
        }
        sig
    }

    fn names(&self, template: &Value, arg: &Arg) -> bool {
        arg.named && arg.name.unraw() == template.root.unraw()
    }

    /// What the templates name.
    fn values(&self) -> impl Iterator<Item = &Value> {
        self.options.key.values().chain(self.templates().flat_map(Template::values))
    }

    fn keyed(&self) -> impl Iterator<Item = &Arg> {
        self.args.iter().filter(|arg| self.values().any(|value| self.names(value, arg)))
    }

    fn names_self(&self) -> bool {
        self.receiver && self.values().any(|value| value.root == "self")
    }

    fn call(&self, refresh: bool) -> TokenStream {
        let [cached, arguments, uncached] = ["cached", "args", "uncached"].map(|it| self.path(it));
        let this = self.names_self().then(|| quote!(&self,));
        let keyed = self.keyed().map(Arg::by_reference);
        let receiver = self.receiver.then(|| quote!(self,));
        let args = self.args.iter().map(|arg| &arg.name);
        let Returned { error, is_result, .. } = &self.returned;
        let mut compute = quote!(#uncached(#receiver #(#args),*));
        let is_async = self.item.sig.asyncness.is_some();
        let wait = is_async.then(|| quote!(.await));
        if !is_result {
            compute = quote!(::core::result::Result::Ok(#compute #wait));
            if is_async {
                compute = quote!(async move { #compute });
            }
        }
        // At the type of what it returns: whoever cannot share it is told there.
        let span = match &self.item.sig.output {
            ReturnType::Type(_, returned) => returned.span(),
            ReturnType::Default => Span::call_site(),
        };
        let mut how = quote_spanned!(span=> (&&::cacheme::memoize::returned::ErrorOf::<#error>::NEW).how());
        if let Some(span) = self.options.hard_timeout {
            how = quote_spanned!(span=> ::cacheme::memoize::returned::tells_timeout(#how));
        }
        let returned =
            if self.options.outlasts.is_some() { quote!(returned_or_behind) } else { quote!(returned) };
        let called = quote! {
            #cached().#returned(#how, #refresh, &#arguments(#this #(#keyed),*), move || #compute)#wait
        };
        let unwrapped = match is_result {
            true => called,
            false => quote!(let ::core::result::Result::Ok(value) = #called; value),
        };
        quote! {
            #[allow(unused_imports)]
            use ::cacheme::memoize::returned::{ByClone as _, ByFrom as _, ByNothing as _};
            #unwrapped
        }
    }

    fn arguments(&self) -> TokenStream {
        let Signature { ident, generics, .. } = &self.item.sig;
        let vis = &self.item.vis;
        let name = self.beside("args");
        let where_clause = &generics.where_clause;
        let this = self.names_self().then(|| quote!(&self,));
        let params = self.keyed().map(Arg::parameter);
        let key = self.options.key.format(|_| None);
        let parts = self.templates().flat_map(|template| {
            template.values().filter(|it| it.root != "result").map(|value| value.format(template.span()))
        });
        let docs =
            format!("What the key of [`{}`] is made of, for [`{}`].", ident.unraw(), self.beside("cached"));
        quote! {
            #[doc = #docs]
            #[allow(dead_code)]
            #vis fn #name #generics(#this #(#params),*) -> ::cacheme::memoize::Arguments #where_clause {
                ::cacheme::memoize::Arguments::new(#key, ::std::vec![#(#parts),*])
            }
        }
    }

    fn cached(&self) -> TokenStream {
        let ItemFn { vis, sig, .. } = &self.item;
        let name = self.beside("cached");
        let Options { cache, told, .. } = &self.options;
        let cache = quote_spanned!(cache.span()=> &#cache);
        let api = if sig.asyncness.is_some() { quote!(future) } else { quote!(sync) };
        let Returned { value, error, check, .. } = &self.returned;
        let tag = sig.ident.unraw().to_string();
        let tag = self.options.tag.as_ref().map_or_else(|| quote!(#tag), ToTokens::to_token_stream);
        let invalid_keys = self.invalid_keys();
        // What serde asks of a value is told at its type.
        let build = match &sig.output {
            ReturnType::Type(_, returned) => quote_spanned!(returned.span()=> .build()),
            ReturnType::Default => quote!(.build()),
        };
        let handle = quote! {
            ::cacheme::memoize::#api::Memoized<
                ::cacheme::memoize::Arguments, #value, #error, ::cacheme::memoize::#api::Written<#error>,
            >
        };
        let docs = format!(
            "What the cache does for [`{}`] beside calling it, by what [`{}`] makes of its arguments.",
            sig.ident.unraw(),
            self.beside("args")
        );
        quote! {
            #[doc = #docs]
            #[allow(dead_code)]
            #vis fn #name() -> &'static #handle {
                #check
                static FUNCTION: ::std::sync::OnceLock<#handle> = ::std::sync::OnceLock::new();
                FUNCTION.get_or_init(|| {
                    let cache: &::cacheme::memoize::#api::Cache = #cache;
                    cache
                        .try_keyed::<::cacheme::memoize::Arguments, #value, #error>("", |args| args.key().to_owned())
                        .written()
                        .tag(#tag)
                        #invalid_keys
                        #(#told)*
                        #build
                })
            }
        }
    }

    fn invalid_keys(&self) -> Option<TokenStream> {
        let (mut at, mut adds) = (0usize, Vec::new());
        let args = Ident::new("args", Span::mixed_site());
        let keys = Ident::new("keys", Span::mixed_site());
        for key in &self.options.invalid_keys {
            let key = match key {
                InvalidKey::Expr(expr) => quote!(#expr),
                InvalidKey::Template(template) => template.format(|value| {
                    (value.root != "result").then(|| {
                        at += 1;
                        let part = at - 1;
                        quote!(#args.part(#part))
                    })
                }),
            };
            adds.push(quote!(#keys.add(#key);));
        }
        let result = Ident::new("result", Span::call_site());
        (!adds.is_empty()).then(|| {
            quote! {
                .invalid_keys(|#args, #result| {
                    let _ = (#args, #result);
                    let mut #keys = ::cacheme::memoize::InvalidKeys::default();
                    #(#adds)*
                    #keys
                })
            }
        })
    }
}

impl Arg {
    fn new(at: usize, whole: &PatType) -> Self {
        match &*whole.pat {
            Pat::Ident(pat) if pat.subpat.is_none() => {
                Self { name: pat.ident.clone(), whole: whole.clone(), named: true }
            }
            pat => {
                let name = format_ident!("arg_{at}", span = pat.span().resolved_at(Span::mixed_site()));
                Self { name, whole: whole.clone(), named: false }
            }
        }
    }

    fn parameter(&self) -> TokenStream {
        let (name, ty) = (&self.name, &self.whole.ty);
        match &**ty {
            Type::Reference(it) => {
                let (lifetime, elem) = (&it.lifetime, &it.elem);
                quote!(#name: &#lifetime #elem)
            }
            Type::ImplTrait(it) if it.bounds.len() > 1 => quote!(#name: &(#ty)),
            _ => quote!(#name: &#ty),
        }
    }

    fn by_reference(&self) -> TokenStream {
        let name = &self.name;
        match &*self.whole.ty {
            Type::Reference(_) => quote!(&*#name),
            _ => quote!(&#name),
        }
    }
}

fn only<'a>(attrs: &'a [Attribute], names: &'a [&str]) -> impl Iterator<Item = &'a Attribute> {
    attrs.iter().filter(|attr| names.iter().any(|name| attr.path().is_ident(name)))
}
