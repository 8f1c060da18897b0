// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The words of the house as types
/// @notice Shared by all contracts and, under the same names, by the Python library, the CLI and the reports.

/// @notice What an institution is.
enum Kind {
    Hospital,
    Institute,
    DataTrustee,
    Company
}

/// @notice Who owns an institution.
enum Sector {
    Public,
    Private
}

/// @notice Where an institution stands towards the swarm. A number never goes back to an earlier standing.
enum Standing {
    Unknown,
    Applicant,
    Member,
    Left,
    Expelled
}

/// @notice Where a node key stands.
enum NodeStanding {
    Unknown,
    Registered,
    Revoked
}

/// @notice Where a study stands; its expiry comes by time alone and is asked separately.
enum StudyState {
    Open,
    Running,
    Closed
}

/// @notice Why a node, or an institution, is authorised in a study or is not.
/// @dev The first reason that applies, in this order of asking, is the answer.
enum Authorisation {
    Authorised,
    NodeUnknown,
    NodeRevoked,
    NotMember,
    NotSigned,
    Withdrawn,
    TermsNotSigned,
    NotStarted,
    Closed,
    Expired,
    ConsentStale
}

/// @notice What an attestation claims to have checked; the terms name the least level that counts.
/// @dev SetChecked: the contributors' envelopes were held against the authorisations.
///      MergeRecomputed: the merge itself was computed again and gave the same digest.
enum Level {
    None,
    SetChecked,
    MergeRecomputed
}

/// @notice What signatories can bring about together where the opener cannot or will not alone.
enum Action {
    Start,
    Amend,
    Close
}

/// @notice The parts a revenue is split into.
/// @dev Own: what an institution receives for itself. Patients: what it receives for its patients.
///      Named: what a payee named in the terms receives. Remainder: the cents that rounding down leaves over, and
///      what nobody has earned, of one version of the terms.
enum Part {
    Own,
    Patients,
    Named,
    Remainder
}

/// @notice Where a share stands on its way to who is owed it.
enum Settlement {
    Open,
    Paid,
    Confirmed
}

/// @notice What an applicant says about itself.
/// @param name The institution's name, 1 to 128 bytes of UTF-8.
/// @param kind What it is.
/// @param sector Who owns it.
/// @param country ISO 3166-1 alpha-2, upper case.
/// @param document SHA-256 of its profile document, which stays with the institutions.
struct Profile {
    string name;
    Kind kind;
    Sector sector;
    bytes2 country;
    bytes32 document;
}

/// @notice One of those that found the swarm.
/// @param account The address that speaks for it.
/// @param profile What it says about itself.
struct Founder {
    address account;
    Profile profile;
}

/// @notice How the swarm decides.
/// @param votingPeriod Seconds for which a proposal can be voted on.
/// @param quorum Per cent of the eligible institutions that must have voted at the end of the period (1 to 100).
/// @param expiry Seconds after the period within which what has succeeded can be executed.
struct VotingRules {
    uint32 votingPeriod;
    uint16 quorum;
    uint32 expiry;
}

/// @notice An institution's part by weight, such as for the quality of its annotations.
/// @param institution Its number.
/// @param weight Its weight; only the relation of the weights to each other matters.
struct Weight {
    uint32 institution;
    uint32 weight;
}

/// @notice A payee that the terms name, member or not.
/// @param account Confirms the settlement.
/// @param share Its share of each revenue in basis points.
struct Payee {
    address account;
    uint16 share;
}

/// @notice How a revenue is split; the basis points sum to 10,000.
/// @param equal Basis points split by rounds that were final while an institution was a signatory.
/// @param contributed Basis points split by final rounds contributed to, for the institutions themselves.
/// @param patients Basis points split by final rounds contributed to, held by each institution for its patients.
/// @param weighted Basis points split by `weights`.
/// @param remainderTo The institution that receives what rounding down leaves over.
/// @param weights Weights by institution, numbers strictly ascending.
/// @param payees Named parts.
struct Shares {
    uint16 equal;
    uint16 contributed;
    uint16 patients;
    uint16 weighted;
    uint32 remainderTo;
    Weight[] weights;
    Payee[] payees;
}

/// @notice What a study's contract enforces of its terms, derived from them by one pure function.
/// @param kinds Bit set of `Kind` (bit n for the n-th kind) that may sign; zero allows nobody.
/// @param sectors Bit set of `Sector` that may sign; zero allows nobody.
/// @param anyCountry Whether every country may sign; then `countries` is empty.
/// @param minimumSignatories Signatories needed to start; signatures that an amendment needs to come into force, more
///        than half of the signatories among them.
/// @param minimumContributors Institutions that a checkpoint must at least name as contributors.
/// @param quorum Institutions whose attestations make a checkpoint final.
/// @param rounds The last round that may be published, up to 65,535.
/// @param level The least level of attestation that counts.
/// @param consentMaxAge Seconds for which a consent commitment is good; zero if the terms ask for none.
/// @param expiresAt Unix time in seconds from which nobody is authorised any more.
/// @param countries ISO 3166-1 alpha-2 codes that may sign, strictly ascending; empty allows nobody.
/// @param shares How what is earned is split.
struct Parameters {
    uint8 kinds;
    uint8 sectors;
    bool anyCountry;
    uint16 minimumSignatories;
    uint16 minimumContributors;
    uint16 quorum;
    uint32 rounds;
    Level level;
    uint32 consentMaxAge;
    uint48 expiresAt;
    bytes2[] countries;
    Shares shares;
}

/// @notice An institution's work in the rounds that a checkpoint covers.
/// @param institution Its number.
/// @param rounds In how many of those rounds an update of it was merged; at least one.
struct Contribution {
    uint32 institution;
    uint32 rounds;
}

/// @notice What the final rounds under a version of the terms have earned up to a final checkpoint, summed over all
///         institutions.
/// @param before Final rounds before the version's first.
/// @param upTo Final rounds up to the version's last, or up to the checkpoint if that comes first.
/// @param rounds Final rounds up to the checkpoint, under whichever version.
/// @param signed Rounds during which institutions were signatories.
/// @param contributed Rounds to which institutions contributed.
struct Earnings {
    uint256 before;
    uint256 upTo;
    uint256 rounds;
    uint256 signed;
    uint256 contributed;
}

/// @notice What one institution has of `Earnings`.
/// @param institution Its number.
/// @param signed Rounds during which it was a signatory.
/// @param contributed Rounds to which it contributed.
struct Credit {
    uint32 institution;
    uint256 signed;
    uint256 contributed;
}

/// @notice A merged model as its publisher announces it.
/// @param round The round that the model comes from, counted from 1.
/// @param parent Identity of the final checkpoint before it; zero for the first.
/// @param digest Digest of the model's files.
/// @param contributions Who contributed since the parent, in the order in which they first signed the study.
/// @param envelopesRoot Merkle root (RFC 6962, SHA-256) over the contributions' envelopes.
/// @param roundRecord Digest of the round's record: accepted, refused with the reason, silent.
struct Publication {
    uint32 round;
    bytes32 parent;
    bytes32 digest;
    Contribution[] contributions;
    bytes32 envelopesRoot;
    bytes32 roundRecord;
}

/// @notice An act that an account has signed, for anyone to send.
/// @param from The account whose act it is: a key, or a contract account that answers as ERC-1271 says.
/// @param to The contract of the house that it calls.
/// @param data The call, ABI-encoded.
/// @param nonce An unused nonce of the account's (`NoncesKeyed`): 192 bits of any key, then 64 bits that count up.
/// @param deadline Unix time in seconds up to which it may be sent.
struct RelayRequest {
    address from;
    address to;
    bytes data;
    uint256 nonce;
    uint256 deadline;
}
