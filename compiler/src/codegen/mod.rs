//! A plan as Rust: plain data written down, with no decision left to make.

mod bidirectional;
mod cell;
mod document;
mod dual_module;
mod fixed;
mod layer;
mod lockstep;
mod matrix;
mod sequence;
mod skip;
mod streaming;

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};

use crate::golden::Checked;
use crate::plan::{Number, OutputPlace, Place, Plan};
use crate::spec::Activations;

/// What the caller of the compiler chooses about the generated code.
#[derive(Debug, Clone)]
pub struct Options {
    /// Visibility of the generated type: `pub`, `pub(crate)`, or nothing.
    pub visibility: TokenStream,
    /// Name of the generated type, instead of the spec's.
    pub name: Option<String>,
    /// What the documentation of the type says it was compiled from, in Markdown.
    pub origin: String,
    /// Path of the crate `recurve`. Where it is `None`, the code calls the crate `__recurve`, a name that `rnn_model!` and
    /// `include_model!` bring into scope whatever the crate's name is where they are called.
    pub crate_path: Option<TokenStream>,
}

/// The code for `plan`. `weights` is an expression for the bytes of the plan's blob, of type
/// `&'static [u8; N]`.
pub fn generate(
    plan: &Plan,
    golden: Option<&Checked>,
    options: &Options,
    weights: &TokenStream,
) -> TokenStream {
    let name = options.name.as_deref().unwrap_or(&plan.name);
    let visibility = &options.visibility;
    let code = Code { plan, visibility, name: Ident::new(name, Span::call_site()) };
    let docs = document::document(plan, golden, options, &code.name);
    let name = &code.name;
    let bytes = number(plan.weights.bytes().len());
    let parts =
        if plan.is_bidirectional() { bidirectional::generate(&code) } else { streaming::generate(&code) };
    let Parts { fields, constants, methods, traits } = parts;
    let layers = layer::constants(&code);
    let policy = plan.skip.as_ref().map(skip::constants);
    let duals = dual_module::constants(&code);
    let dual_traits = dual_module::traits(&code);
    let head = calls(&methods, "head").then(|| layer::head(&code));
    let model = model_trait(&code);
    let version = env!("CARGO_PKG_VERSION");
    let code = quote! {
        #(#[doc = #docs])*
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #name {
            #fields
        }

        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            __recurve::generated_by!(#version);
            use __recurve::generated::prelude::*;

            static WEIGHTS: simd::Blob<#bytes> = simd::Blob::new(*#weights);

            #layers
            #policy
            #duals
            #constants
            #head
            #methods
            #model
            #traits
            #dual_traits
        };
    };
    match &options.crate_path {
        Some(path) => with_crate_path(code, path),
        None => code,
    }
}

/// Whether a function of this name is called.
fn calls(code: &TokenStream, function: &str) -> bool {
    let mut is_named = false;
    code.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => {
            let found = is_named && group.delimiter() == Delimiter::Parenthesis;
            is_named = false;
            found || calls(&group.stream(), function)
        }
        token @ (TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_)) => {
            is_named = matches!(token, TokenTree::Ident(ident) if ident == function);
            false
        }
    })
}

/// The code with another path of the crate `recurve`.
fn with_crate_path(code: TokenStream, path: &TokenStream) -> TokenStream {
    code.into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) if ident == "__recurve" => path.clone(),
            TokenTree::Group(group) => {
                let mut renamed = Group::new(group.delimiter(), with_crate_path(group.stream(), path));
                renamed.set_span(group.span());
                TokenTree::Group(renamed).into()
            }
            token @ (TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_)) => token.into(),
        })
        .collect()
}

/// What streaming and bidirectional models fill in.
struct Parts {
    /// Fields of the generated type.
    fields: TokenStream,
    /// The type at rest, and the like.
    constants: TokenStream,
    /// Kernels and the type's own methods.
    methods: TokenStream,
    /// The traits beyond `Model`.
    traits: TokenStream,
}

/// A plan, and the spelling of what it refers to.
struct Code<'p> {
    plan: &'p Plan,
    /// The visibility of the type, which is that of its methods.
    visibility: &'p TokenStream,
    name: Ident,
}

impl Code<'_> {
    /// A type's name, unless that is the model's own.
    fn apart(&self, name: &str) -> Ident {
        if self.name == name { format_ident!("{name}Kernel") } else { format_ident!("{name}") }
    }

    /// The form of the activations, a value.
    fn activations(&self) -> TokenStream {
        match self.plan.activations {
            Activations::Fast => quote!(activation::Fast),
            Activations::Exact => quote!(activation::Exact),
        }
    }

    /// The type that a step reads.
    fn input(&self) -> TokenStream {
        match self.plan.input {
            crate::model::Input::Features(size) => array(size),
            crate::model::Input::Tokens(_) => quote!(u32),
        }
    }

    /// The type that the model gives.
    fn output(&self) -> TokenStream {
        array(self.plan.output_size)
    }

    /// The field `output`, where there is one.
    fn output_field(&self) -> Option<Ident> {
        (self.plan.output_place() == OutputPlace::Field).then(|| format_ident!("output"))
    }

    /// The sizes, as constants of the type itself.
    fn sizes(&self) -> TokenStream {
        let input = number(match self.plan.input {
            crate::model::Input::Features(size) | crate::model::Input::Tokens(size) => size,
        });
        let output = number(self.plan.output_size);
        let parameters = Literal::u64_unsuffixed(self.plan.cost.parameters());
        let weights = number(self.plan.weights.bytes().len());
        let scratch = number(self.plan.memory.scratch_bytes);
        let macs = Literal::u64_unsuffixed(self.plan.cost.macs());
        let visibility = self.visibility;
        let decision = self.plan.skip.as_ref().map(|skip| {
            let macs = Literal::u64_unsuffixed(skip.macs);
            quote! {
                /// Multiply-accumulates in matrices, a decision on whether a step is executed, or on a window.
                #visibility const MACS_PER_DECISION: usize = #macs;
            }
        });
        quote! {
            /// Features of an input, or the number of ids.
            #visibility const INPUT_SIZE: usize = #input;
            /// Numbers in an output.
            #visibility const OUTPUT_SIZE: usize = #output;
            /// Trained numbers.
            #visibility const PARAMETERS: usize = #parameters;
            /// Bytes of constant weights.
            #visibility const WEIGHT_BYTES: usize = #weights;
            /// Bytes of a value of this type.
            #visibility const STATE_BYTES: usize = ::core::mem::size_of::<Self>();
            /// Bytes of the arrays that the model needs on the stack while it computes.
            #visibility const SCRATCH_BYTES: usize = #scratch;
            /// Multiply-accumulates in matrices, a step.
            #visibility const MACS_PER_STEP: usize = #macs;
            #decision
        }
    }
}

fn model_trait(code: &Code) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    let state_bytes = number(code.plan.state_bytes());
    quote! {
        const _: () = ::core::assert!(#name::STATE_BYTES == #state_bytes);

        #[automatically_derived]
        impl __recurve::Model for #name {
            type Input = #input;
            type Output = #output;
            const INPUT_SIZE: usize = #name::INPUT_SIZE;
            const OUTPUT_SIZE: usize = #name::OUTPUT_SIZE;
            const PARAMETERS: usize = #name::PARAMETERS;
            const WEIGHT_BYTES: usize = #name::WEIGHT_BYTES;
            const STATE_BYTES: usize = #name::STATE_BYTES;
            const SCRATCH_BYTES: usize = #name::SCRATCH_BYTES;
            const MACS_PER_STEP: usize = #name::MACS_PER_STEP;

            fn new() -> Self {
                #name::new()
            }
        }
    }
}

fn number(n: usize) -> Literal {
    Literal::usize_unsuffixed(n)
}

fn array(size: usize) -> TokenStream {
    let size = number(size);
    quote!([f32; #size])
}

/// The type of a field, which stands where the user could have a type `f32`.
fn field_array(size: usize) -> TokenStream {
    let size = number(size);
    quote!([::core::primitive::f32; #size])
}

fn zeros(size: usize) -> TokenStream {
    let size = number(size);
    quote!([0.0; #size])
}

fn number_type(number: Number) -> TokenStream {
    match number {
        Number::F32 => quote!(f32),
        Number::F16 => quote!(simd::F16),
        Number::Bf16 => quote!(simd::Bf16),
        Number::I8 => quote!(i8),
        Number::U16 => quote!(u16),
        Number::I16 => quote!(i16),
        Number::Sum => quote!(i32),
        Number::SumPair => quote!([i32; 2]),
        Number::SumTriple => quote!([i32; 3]),
        Number::SumQuad => quote!([i32; 4]),
        Number::Quad => quote!([i8; 4]),
        Number::Packed => quote!([u8; 4]),
        Number::Nibbles => quote!(u8),
        Number::NibblePanel => quote!([u8; 16]),
        Number::F16Panel => quote!([simd::F16; 16]),
    }
}

/// A reference to the numbers at `place`, as an array.
fn numbers(place: Place) -> TokenStream {
    let (offset, length) = (number(place.offset), number(place.length));
    let number = number_type(place.number);
    quote!(WEIGHTS.read::<#number, #length>(#offset))
}

/// The constant of a layer.
fn constant(name: &str) -> Ident {
    format_ident!("{}", name.to_ascii_uppercase())
}
