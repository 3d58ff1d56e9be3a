//! What the machine is, as far as it says so: read from `/proc` and `/sys` where they are, empty elsewhere.

use std::fs;

use token_assay_model::bench::Machine;

/// Instructions that decide what hashing, encryption and base64 cost.
const TELLING: [&str; 12] =
    ["sha_ni", "aes", "vaes", "pclmulqdq", "avx2", "avx512f", "avx512ifma", "bmi2", "adx", "sha1", "sha2", "sha512"];

/// This machine.
pub fn machine() -> Machine {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = field(&processor, "flags").or_else(|| field(&processor, "Features")).unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kibibytes = field(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    Machine {
        cpu: field(&processor, "model name").unwrap_or_default(),
        cpus: std::thread::available_parallelism().map_or(0, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        features: TELLING
            .into_iter()
            .filter(|name| flags.split(' ').any(|flag| flag == *name))
            .map(Into::into)
            .collect(),
        memory: kibibytes.unwrap_or_default() / 1024,
        kernel: format!("{} {}", std::env::consts::OS, kernel.trim()).trim_end().to_owned(),
        compiler: env!("ASSAY_COMPILER").to_owned(),
    }
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "model\t\t: 85\nmodel name\t: A processor @ 2 GHz\nflags\t: aes avx2\n";
        assert_eq!(field(text, "model name").as_deref(), Some("A processor @ 2 GHz"));
        assert_eq!(field(text, "name"), None);
    }

    #[test]
    fn this_machine_has_processors_and_a_compiler() {
        let machine = machine();
        assert!(machine.cpus > 0 && machine.compiler.starts_with("rustc "), "{machine:?}");
    }
}
