//! Services that files declare: compose services, CI services, add-ons, configuration.

use std::collections::BTreeMap;

use super::Declared;
use crate::discover::Kind;
use crate::environments::configured::CONFIGURED;
use crate::environments::{Planned, Runs};
use crate::formats::small::app_json::{self, Addon};
use crate::formats::small::{heroku_yml, render};
use crate::formats::workflow;
use crate::knowledge::{images, services};
use crate::model::{Certainty, ComponentKind, Known, Origin, Reason, Span, Spanned, StepKind};
use crate::resolve::components::Context;
use crate::resolve::part::{Host, ImagePart, Part};

/// The services that a reference of an image stands for.
fn declared(name: &str, reference: &str, origin: Origin, certainty: Certainty, as_of: &str) -> Option<Declared> {
    let about = images::describe(reference, as_of);
    let found = services::by_image(&about.repository)?;
    let version = about.tag.as_deref().and_then(|tag| services::version_of_tag(found.product, tag));
    let version = version.map_or_else(
        || Known::Unknown(Reason::new(format!("{reference} names no version of {}", found.product))),
        Known::One,
    );
    Some(Declared {
        name: name.to_owned(),
        product: found.product.to_owned(),
        family: found.family.to_owned(),
        flavour: found.flavour.map(str::to_owned),
        version,
        variant: about.variant.clone(),
        libc: about.libc.clone(),
        misplaced: None,
        image: Some(reference.to_owned()),
        emulates: false,
        stored: false,
        origin,
        certainty,
    })
}

/// An emulator or mail catcher: a service of its own name, whatever it stands in for.
fn emulator(part: &Part<'_>, image: &ImagePart) -> Option<Declared> {
    let about = image.about.as_ref()?;
    services::emulates(&about.repository)?;
    Some(Declared {
        name: part.name.to_string(),
        product: about.repository.rsplit('/').next().unwrap_or_default().to_owned(),
        family: "emulator".into(),
        flavour: None,
        version: Known::Unknown(Reason::new("an emulator's version is not compared")),
        variant: about.variant.clone(),
        libc: about.libc.clone(),
        misplaced: None,
        image: None,
        emulates: true,
        stored: false,
        origin: image.origin.clone(),
        certainty: image.certainty.clone(),
    })
}

/// The family of a service that no table knows.
pub const OTHER: &str = "other";

/// A service that no table knows, by the name of its publisher's image and the version of its tag.
fn other(part: &Part<'_>, image: &ImagePart) -> Option<Declared> {
    let (about, reference) = (image.about.as_ref()?, image.reference.one()?);
    let (publisher, name) = about.repository.rsplit_once('/')?;
    let known = services::is_edge_only(&about.repository) || services::is_admin_tool(&about.repository);
    let version = services::version_of_tag(name, about.tag.as_deref()?).filter(|version| version.contains('.'))?;
    let unread = || Known::Unknown(Reason::new(format!("what {reference} is made of is not known")));
    (!known && image.dockerfile.is_none() && !publisher.is_empty()).then(|| Declared {
        name: part.name.to_string(),
        product: name.to_owned(),
        family: OTHER.into(),
        flavour: None,
        version: Known::One(version),
        variant: unread(),
        libc: unread(),
        misplaced: None,
        image: Some(reference.clone()),
        emulates: false,
        stored: false,
        origin: image.origin.clone(),
        certainty: image.certainty.clone(),
    })
}

/// Where `PGDATA` of PostgreSQL's images lay up to 17.
const OLD_DATA: &str = "/var/lib/postgresql/data";

/// The folder of a PostgreSQL's volume if its data lies elsewhere: from 18 on it lies in a folder of its version, and no
/// version keeps it in a folder that other packages of PostgreSQL use.
fn misplaced(part: &Part<'_>, as_of: &str) -> Option<String> {
    let about = part.image.as_ref()?.about.as_ref()?;
    let known = ["postgres", "postgis/postgis", "pgvector/pgvector"].contains(&about.repository.as_str());
    if !known || part.world.get("PGDATA").value != Known::Absent || about.digest.is_some() && about.tag.is_none() {
        return None;
    }
    let targets = || part.volumes.iter().map(|target| target.trim_end_matches('/'));
    let within = |target: &str| {
        let rest = target.strip_prefix("/var/lib/postgresql");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let foreign = |target: &&str| target.starts_with("/var/lib/pgsql") || target.starts_with("/var/lib/postgres/");
    if !targets().any(within) {
        return targets().find(foreign).map(str::to_owned);
    }
    let tag = about.tag.as_deref().or(about.digest.is_none().then_some("latest"))?;
    let dated = || images::release_of_tag(&about.repository, tag, as_of).map(|(version, _)| version.to_owned());
    let version = services::version_of_tag("postgres", tag).or_else(dated)?;
    let major: u32 = version.split('.').next()?.parse().ok()?;
    targets().find(|target| major >= 18 && *target == OLD_DATA).map(str::to_owned)
}

/// All services that the files of an environment declare.
pub fn all_declared(context: &Context<'_, '_>, planned: &Planned, parts: &[Part<'_>]) -> Vec<Declared> {
    let mut all = Vec::new();
    let own = |part: &&Part<'_>| part.kind == ComponentKind::Service && part.host == Host::Container;
    for part in parts.iter().filter(own).filter(|part| !part.beside_job) {
        let Some(image) = &part.image else { continue };
        // What another tool keeps its own data in is no service of the application.
        if services::is_of_other_tool(&part.name) {
            continue;
        }
        if let Some(reference) = image.reference.one() {
            let found = declared(&part.name, reference, image.origin.clone(), image.certainty.clone(), context.as_of)
                .or_else(|| emulator(part, image))
                .or_else(|| other(part, image));
            let misplaced = misplaced(part, context.as_of);
            all.extend(found.map(|found| Declared { stored: !part.volumes.is_empty(), misplaced, ..found }));
        }
    }
    for unit in &planned.units {
        if let Runs::Job { workflow, job } = &unit.runs {
            // Jobs side by side declare the same one.
            let same = |one: &Declared, known: &Declared| {
                (&one.name, &one.product, &one.version) == (&known.name, &known.product, &known.version)
            };
            for one in job_services(context, *workflow, job) {
                if !all.iter().any(|known| same(&one, known)) {
                    all.push(one);
                }
            }
        }
    }
    for (role, text) in &planned.config.services {
        let configured = |evidence: &&crate::model::Evidence| evidence.text == CONFIGURED;
        let evidence = planned.environment.because.iter().find(configured).or(planned.environment.because.first());
        let span = evidence.map_or(Span::new(crate::model::FileId(0), 0, 0), |evidence| evidence.span);
        let mut found = declared(role, text, Origin::set(span), Certainty::Stated, context.as_of);
        if let Some(found) = &mut found {
            found.name = format!("role:{role}");
        }
        all.extend(found);
    }
    all.extend(addons(context, planned));
    // What is set up apart stands behind what an environment declares by itself.
    let set_up = super::ground::of(context.repository.tree, planned.environment.role, context.as_of);
    let new: Vec<Declared> = set_up.into_iter().filter(|one| all.iter().all(|own| own.family != one.family)).collect();
    all.extend(new);
    all
}

fn job_services(context: &Context<'_, '_>, file: crate::model::FileId, id: &str) -> Vec<Declared> {
    let Some(flow) = context.repository.workflow(file) else { return Vec::new() };
    let Some(job) = flow.jobs.iter().find(|job| job.id.value == id) else { return Vec::new() };
    let instances = workflow::expand(&flow, job, &BTreeMap::new());
    let mut found = Vec::new();
    for (name, spec) in &job.services {
        let images: Vec<String> = instances
            .iter()
            .filter_map(|instance| instance.services.get(name)?.image.0.one().cloned())
            .filter(|image| !image.is_empty())
            .collect();
        let Some(reference) = images.first() else { continue };
        let place = instances.iter().find_map(|instance| Some(instance.services.get(name)?.image.1));
        let origin = match place.filter(|place| place.file != spec.image.span.file) {
            Some(place) => Origin::set(place).then(StepKind::Used, spec.image.span),
            None => Origin::set(spec.image.span),
        };
        let one = declared(name, reference, origin, Certainty::Stated, context.as_of);
        let Some(mut one) = one else { continue };
        let mut versions: Vec<String> = images
            .iter()
            .filter_map(|image| {
                declared(name, image, Origin::default(), Certainty::Stated, context.as_of)?.version.one().cloned()
            })
            .collect();
        versions.sort();
        versions.dedup();
        if versions.len() > 1 {
            one.image = None;
            one.version = Known::Every(versions, Reason::at("the matrix runs all of them", spec.image.span));
        }
        found.push(one);
    }
    found
}

/// Services that a platform's files ask it for: add-ons of Heroku, databases and stores of Render.
fn addons(context: &Context<'_, '_>, planned: &Planned) -> Vec<Declared> {
    let tree = context.repository.tree;
    let mut found = Vec::new();
    let role = planned.environment.role.name();
    let ours = |kind: Kind| {
        let files = context.repository.of(kind).iter().copied();
        files.filter(|file| planned.environment.files.contains(file)).collect::<Vec<_>>()
    };
    for file in ours(Kind::AppJson) {
        let Ok(app) = tree.parsed(file, app_json::parse) else { continue };
        found.extend(app.0.addons_of(role).iter().filter_map(addon));
    }
    for file in ours(Kind::Platform) {
        match crate::discover::paths::name(tree.path(file)) {
            "heroku.yml" => {
                let Ok(heroku) = tree.parsed(file, heroku_yml::parse) else { continue };
                found.extend(heroku.0.addons.iter().filter_map(addon));
            }
            "render.yaml" | "render.yml" => {
                let Ok(render) = tree.parsed(file, render::parse) else { continue };
                let blueprint = &render.0;
                let called = planned.found_as.as_ref().unwrap_or(&planned.environment.name);
                let named = blueprint.environments.iter().find(|(name, _)| name.value == *called);
                found.extend(of_render(named.map_or(blueprint, |(_, own)| own)));
            }
            _ => {}
        }
    }
    found
}

fn addon(addon: &Addon) -> Option<Declared> {
    let row = services::add_on(&addon.plan.value)?;
    let family = services::product(&row.product)?.family.as_str();
    Some(of_platform(&addon.plan, (&row.product, family), addon.version.as_ref()))
}

fn of_render(blueprint: &render::Blueprint) -> Vec<Declared> {
    let databases = blueprint.databases.iter().filter_map(|database| {
        Some(of_platform(database.name.as_ref()?, ("postgres", "relational"), database.version.as_ref()))
    });
    let stores = blueprint.services.iter().filter(|service| service.is_keyvalue());
    let stores = stores.filter_map(|store| Some(of_platform(store.name.as_ref()?, ("redis", "keyvalue"), None)));
    databases.chain(stores).collect()
}

/// A service that a platform runs; where no version is named, the platform chooses it.
pub(super) fn of_platform(name: &Spanned<String>, kind: (&str, &str), version: Option<&Spanned<String>>) -> Declared {
    let chosen = || Known::Unknown(Reason::new("the platform chooses the version"));
    let origin = Origin::set(version.map_or(name.span, |version| version.span));
    Declared {
        name: name.value.clone(),
        product: kind.0.into(),
        family: kind.1.into(),
        flavour: None,
        version: version.map_or_else(chosen, |version| Known::One(version.value.clone())),
        variant: Known::Unknown(Reason::new("the platform runs it")),
        libc: Known::Unknown(Reason::new("the platform runs it")),
        misplaced: None,
        image: None,
        emulates: false,
        stored: true,
        origin,
        certainty: Certainty::Stated,
    }
}
