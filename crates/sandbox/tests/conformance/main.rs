//! Every call of the SDK against the sandbox, over HTTP. A proxy between the two looks at each request and answer and
//! holds them to the catalogue of the API; the sandbox was written from the platform's documents and knows neither.
//! A family's test fails when one of its calls was not made with success, or met none of its errcodes.

#![allow(clippy::unwrap_used, reason = "a failing helper is a failing test")]

mod catalogue;
mod files;
mod proxy;
mod rules;
mod shape;
mod story;

mod base;
mod comments;
mod draft;
mod mass;
mod material;
mod media;
mod menu;
mod messages;
mod oauth;
mod ocr;
mod people;
mod publish;
mod semantic;
mod service;
mod statistics;
mod subscribe;
mod tags;
mod template;
