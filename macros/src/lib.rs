//! The attribute `#[cacheme::memoize]`. The crate `cacheme` hands it on and says what it does.

mod expand;
mod options;
mod returned;
mod size;
mod template;
mod timeout;

use proc_macro::TokenStream;

#[allow(missing_docs)] // `cacheme` has them, where the examples run.
#[proc_macro_attribute]
pub fn memoize(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::memoize(options.into(), function.into()).into()
}
