//! Tokens by the million: recipes, what they make, and how it is made smaller again.
//!
//! Takes a forge and a [`Stock`]; gives, for a seed and a number, always the same [`Recipe`], and for a recipe the token with
//! the policy that it is shown under. Three layers, none of which replaces another: operations on members, edits of the JSON
//! text, and size; then the wire. Every token is signed anew by whoever the recipe says, so that what is wrong with it lies
//! behind the signature check. Never judges: [`crate::reference`] says what the standard says of each.
//!
//! ```
//! use token_assay::forge::{Forge, NOW};
//! use token_assay::generate::{Generator, Stock};
//! use token_assay::reference;
//!
//! let forge = Forge::new(NOW);
//! let generator = Generator::new(&forge, Stock::everything().clone());
//! let recipe = generator.recipe(7, 1_000_001);
//! assert_eq!(recipe, generator.recipe(7, 1_000_001));
//! let made = generator.make(&recipe);
//! let _what_the_standard_says = reference::rule(made.request());
//! ```

pub mod again;
pub mod cause;
pub mod cookie;
pub mod encrypted;
pub mod mine;
pub mod pools;
pub mod protected;
pub mod recipe;
pub mod reduce;
pub mod rows;
pub mod sketch;
pub mod stage;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod terms;

use std::sync::OnceLock;

use token_assay_model::{Input, Request};

use crate::attacks::encrypted::EncryptedScene;
use crate::attacks::scene::{self, Scene};
use crate::attacks::{Make, Workshop};
use crate::forge::Forge;

pub use crate::chance::{Chance, Seeded};
pub use again::again;
pub use cookie::HeaderRecipe;
pub use encrypted::{EncryptedRecipe, EncryptedStage};
pub use mine::Literals;
pub use pools::Stock;
pub use protected::ProtectedRecipe;
use recipe::Signer;
pub use recipe::{Recipe, Template};
pub use sketch::Sketch;
pub use stage::Stage;

/// Makes tokens of recipes.
pub struct Generator<'f> {
    forge: &'f Forge,
    stock: Stock,
    scenes: Vec<Scene<'f>>,
    valid: Vec<OnceLock<Stage>>,
    workshop: Workshop<'f>,
    cases: Vec<OnceLock<Vec<Stage>>>,
    recipients: Vec<EncryptedScene<'f>>,
    encrypted: Vec<OnceLock<Stage>>,
}

/// A token, and where it is shown.
pub struct Made<'g> {
    /// Policy, keys, twin.
    pub stage: &'g Stage,
    /// How it was made.
    pub sketch: Sketch,
    /// The token.
    pub input: Input,
}

impl Made<'_> {
    /// What a target is shown of it.
    pub fn request(&self) -> Request<'_> {
        Request { input: &self.input, policy: &self.stage.policy }
    }
}

impl<'f> Generator<'f> {
    /// A generator whose tokens the forge signs.
    pub fn new(forge: &'f Forge, stock: Stock) -> Self {
        let scenes: Vec<Scene<'f>> = scene::settings().map(|setting| Scene::new(forge, setting)).collect();
        let valid = std::iter::repeat_with(OnceLock::new).take(scenes.len() * terms::COUNT).collect();
        let cases = std::iter::repeat_with(OnceLock::new).take(pools::made_classes().len()).collect();
        let recipients = encrypted::recipients(forge);
        let encrypted = std::iter::repeat_with(OnceLock::new).take(recipients.len()).collect();
        Self { forge, stock, scenes, valid, workshop: Workshop::new(forge).brief(), cases, recipients, encrypted }
    }

    /// What recipes draw from.
    pub fn stock(&self) -> &Stock {
        &self.stock
    }

    /// The forge.
    pub fn forge(&self) -> &'f Forge {
        self.forge
    }

    /// The recipe of this number under this seed: by turns the next case of the catalogue as it stands, or one by chance.
    pub fn recipe(&self, seed: u64, number: u64) -> Recipe {
        match self.stock.turn(seed, number) {
            Some(template) => Recipe::of(template, Signer::Kept),
            None => Recipe::draw(&mut Seeded::new(seed, number), &self.stock),
        }
    }

    /// Where a template plays; made when it is first wanted.
    pub fn stage(&self, template: Template) -> &Stage {
        match template {
            Template::Valid { setting, terms } => {
                let (setting, terms) = (usize::from(setting) % self.scenes.len(), usize::from(terms) % terms::COUNT);
                self.valid[setting * terms::COUNT + terms].get_or_init(|| {
                    let scene = &self.scenes[setting];
                    match (terms.checked_sub(terms::TERMS.len()), terms) {
                        (Some(slip), _) => Stage::beside(scene, terms::SLIPS[slip]),
                        (None, 0) => Stage::of_scene(scene),
                        (None, terms) => Stage::of_scene(&scene.with(terms::TERMS[terms])),
                    }
                })
            }
            Template::Case { class, nth } => {
                let stages = self.stages_of(class);
                if stages.is_empty() {
                    // Some classes can only be made with Assay's own keys, and the user has brought another.
                    return self.stage(Template::Valid { setting: self.stock.settings[0], terms: 0 });
                }
                &stages[(usize::from(nth) * stages.len()) >> 16]
            }
        }
    }

    /// For whom tokens are encrypted.
    pub fn recipients(&self) -> &[EncryptedScene<'f>] {
        &self.recipients
    }

    /// Where tokens for this recipient play; made when it is first wanted.
    pub fn encrypted_at(&self, nth: usize) -> EncryptedStage<'_> {
        let scene = &self.recipients[nth];
        EncryptedStage { scene, stage: self.encrypted[nth].get_or_init(|| encrypted::stage(scene)) }
    }

    /// Where all encrypted tokens play.
    pub fn encrypted(&self) -> impl Iterator<Item = EncryptedStage<'_>> {
        (0..self.recipients.len()).map(|nth| self.encrypted_at(nth))
    }

    /// A template for each case of a class.
    pub fn templates_of(&self, class: u16) -> impl Iterator<Item = Template> + use<> {
        let count = self.stages_of(class).len();
        // The least number that `stage` maps to each.
        let nth = move |index: usize| u16::try_from((index << 16).div_ceil(count)).expect("index < count");
        (0..count).map(move |index| Template::Case { class, nth: nth(index) })
    }

    /// What a recipe makes.
    pub fn make(&self, recipe: &Recipe) -> Made<'_> {
        let stage = self.stage(recipe.template);
        let sketch = Sketch::cook(recipe, stage, self.forge);
        let input = Input::from_octets(sketch.token(stage, self.forge));
        Made { stage, sketch, input }
    }

    fn stages_of(&self, class: u16) -> &[Stage] {
        let class = usize::from(class) % self.cases.len();
        self.cases[class].get_or_init(|| self.make_stages_of(class))
    }

    fn make_stages_of(&self, class: usize) -> Vec<Stage> {
        let (family, class) = pools::made_classes()[class];
        debug_assert!(matches!(class.make, Make::Cases { .. }));
        let mut cases = self.workshop.cases(family, class);
        // Long ones cost a campaign more than they tell: of a class that has no others, the shortest.
        let shortest = cases.iter().map(|case| case.input.octets().len()).min().unwrap_or_default();
        cases.retain(|case| case.input.octets().len() <= shortest.max(LONG));
        let mut stages: Vec<Stage> = cases.iter().map(|case| Stage::of_case(self.forge, case)).collect();
        // What costs least to sign anew stands in front, where those that are bent are drawn from most.
        stages.sort_by_key(|stage| pools::price(stage.algorithm));
        stages
    }
}

/// Longer than headers and cookies carry, in octets.
const LONG: usize = 1 << 16;
