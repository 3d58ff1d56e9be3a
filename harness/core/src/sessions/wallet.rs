//! What browsers and whoever watches them hold: every credential that a service gave, by number. Takes octets, gives numbers
//! that are the same for the same octets; says whose a credential is and what a command names. Judges nothing.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::command::{Part, Pick, SLOTS, USERS, User};
use super::model::{CredentialId, FamilyId, Owner, Role};

/// What one login gave.
#[derive(Debug, Clone)]
pub struct Purse {
    /// Which login.
    pub family: FamilyId,
    /// Whose.
    pub user: User,
    /// The session id.
    pub session: Option<CredentialId>,
    /// Access tokens, the newest last.
    pub access: Vec<CredentialId>,
    /// Refresh tokens, the newest last.
    pub refresh: Vec<CredentialId>,
    /// What was sent with the login.
    pub presented: Option<CredentialId>,
    /// Its handle.
    pub handle: Option<Vec<u8>>,
    /// The Set-Cookie lines of the login.
    pub lines: Vec<Vec<u8>>,
}

/// Everything that was given.
#[derive(Debug, Default)]
pub struct Wallet {
    octets: Vec<Vec<u8>>,
    roles: Vec<Option<Role>>,
    owners: Vec<Option<Owner>>,
    numbers: HashMap<Vec<u8>, CredentialId>,
    handles: HashMap<Vec<u8>, FamilyId>,
    slots: [Vec<Purse>; SLOTS as usize],
    /// The users of families, by number.
    families: Vec<User>,
    /// The id that the last visit was given.
    pub visitor: Option<CredentialId>,
    /// The name of the session cookie, as it was set last.
    pub cookie: Vec<u8>,
    /// The key that has become known last: its name and its octets.
    pub leaked: Option<(Vec<u8>, Vec<u8>)>,
}

impl Wallet {
    /// The number of these octets.
    pub fn number(&mut self, octets: &[u8]) -> CredentialId {
        if let Some(number) = self.numbers.get(octets) {
            return *number;
        }
        let number = CredentialId::try_from(self.octets.len()).expect("a script has few commands");
        self.octets.push(octets.to_vec());
        self.roles.push(None);
        self.owners.push(None);
        self.numbers.insert(octets.to_vec(), number);
        number
    }

    /// Whether these octets are a credential.
    pub fn is_credential(&self, octets: &[u8]) -> bool {
        self.numbers.contains_key(octets)
    }

    /// The octets of a credential.
    pub fn octets(&self, id: CredentialId) -> &[u8] {
        &self.octets[usize::from(id)]
    }

    /// What it is for.
    pub fn role(&self, id: CredentialId) -> Option<Role> {
        self.roles[usize::from(id)]
    }

    /// Whose it is.
    pub fn owner(&self, id: CredentialId) -> Option<Owner> {
        self.owners[usize::from(id)]
    }

    /// Says whose a credential is, and what it is for.
    pub fn give(&mut self, id: CredentialId, role: Role, owner: Option<Owner>) {
        self.roles[usize::from(id)] = Some(role);
        self.owners[usize::from(id)] = owner;
    }

    /// The next family's number.
    pub fn begin(&mut self, user: User) -> FamilyId {
        self.families.push(user);
        FamilyId::try_from(self.families.len() - 1).expect("a script has few logins")
    }

    /// The users of families.
    pub fn families(&self) -> &[User] {
        &self.families
    }

    /// Keeps what a login gave in a slot.
    pub fn keep(&mut self, slot: u8, purse: Purse) {
        if let Some(handle) = &purse.handle {
            self.handles.insert(handle.clone(), purse.family);
        }
        self.slots[usize::from(slot % SLOTS)].push(purse);
    }

    /// The family of a handle.
    pub fn family_of(&self, handle: &[u8]) -> Option<FamilyId> {
        self.handles.get(handle).copied()
    }

    /// The login that a command names.
    pub fn purse(&self, pick: Pick) -> Option<&Purse> {
        self.slots[usize::from(pick.slot % SLOTS)].iter().rev().nth(usize::from(pick.back))
    }

    /// The purse of a family.
    pub fn purse_of(&mut self, family: FamilyId) -> Option<&mut Purse> {
        self.slots.iter_mut().flatten().find(|purse| purse.family == family)
    }

    /// What a command names.
    pub fn pick(&self, pick: Pick, part: Part) -> Option<CredentialId> {
        let purse = self.purse(pick)?;
        match part {
            Part::Session => purse.session,
            Part::Access(back) => purse.access.iter().rev().nth(usize::from(back)).copied(),
            Part::Refresh(back) => purse.refresh.iter().rev().nth(usize::from(back)).copied(),
            Part::Presented => purse.presented,
        }
    }

    /// A credential of this role of another user.
    pub fn of_another(&self, role: Role, user: User) -> Option<&[u8]> {
        // One of the same tenant before any: elsewhere it would be refused for that.
        let host = |user: User| USERS[usize::from(user)].host;
        let mut others: Vec<&Purse> = self.slots.iter().flatten().filter(|purse| purse.user != user).collect();
        others.sort_by_key(|purse| (host(purse.user) != host(user), Reverse(purse.family)));
        let of_role = |purse: &Purse| match role {
            Role::Session => purse.session,
            Role::Access => purse.access.last().copied(),
            Role::Refresh => purse.refresh.last().copied(),
            Role::Anonymous => None,
        };
        others.into_iter().find_map(of_role).map(|id| self.octets(id))
    }
}
