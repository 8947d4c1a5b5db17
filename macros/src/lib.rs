//! The front of `recurve-compiler` for macro calls. Use it as `recurve::rnn_model!`, which documents it.

mod request;
#[cfg(test)]
mod tests;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use recurve_compiler::{Options, compile, diagnostic, files::Directory, golden::Work};
use request::Request;

/// Compiles a spec; see `recurve::rnn_model!`.
#[proc_macro]
pub fn rnn_model(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let request = syn::parse_macro_input!(input as Request);
    let code = expand(&request).unwrap_or_else(|message| {
        let message = Literal::string(&message);
        quote_spanned!(request.literal.span() => ::core::compile_error!(#message);)
    });
    code.into()
}

fn expand(request: &Request) -> Result<TokenStream, String> {
    let source = request.source()?;
    let compiled = compile(&source.text, &Directory(source.folder.clone()), Work::QUICK)
        .map_err(|found| format!("\n{}", diagnostic::render(&source.shown, &source.text, &found, false)))?;
    eprint!("{}", diagnostic::render(&source.shown, &source.text, &compiled.warnings, false));
    let options = Options {
        visibility: request.visibility.to_token_stream(),
        name: request.name.as_ref().map(ToString::to_string),
        origin: source.origin.clone(),
        crate_path: None,
    };
    let weights = Literal::byte_string(compiled.plan.weights.bytes());
    let code = compiled.code(&options, &weights.to_token_stream());
    let tracked = source.tracked(&compiled.files);
    let large = compiled.is_large().then(|| large(compiled.plan.weights.bytes().len()));
    Ok(quote! {
        #code
        // Makes the compiler look at these files again, without a copy of them in its output.
        const _: () = {
            #(let _ = ::core::include_bytes!(#tracked);)*
        };
        #large
    })
}

/// A warning, in the one way that a macro has to give one.
fn large(bytes: usize) -> TokenStream {
    let note = format!(
        "{} MiB of weights pass through the macro: `recurve_compiler::Config` in a build script and \
         `recurve::include_model!` compile them in a fraction of the time and memory",
        bytes >> 20
    );
    quote! {
        const _: () = {
            #[deprecated(note = #note)]
            const LARGE_MODEL: () = ();
            LARGE_MODEL
        };
    }
}
