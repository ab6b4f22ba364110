package io.beemesh.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The source itself under test: sizes, package pages, links of the documentation, what may not be there. */
@WithoutPodman
final class TidyTest {
    private static final int LINES_MAX = 500;
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)(#[^)]*)?\\)");
    private static final Pattern START = Pattern.compile("\\bstart[\\s*]+at\\b",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern SLEEP = Pattern.compile("\\.sleep\\(|\\bparkNanos\\(");
    private static final List<String> MODULES = List.of("libp2p", "protocol", "machine",
            "apiserver-facade", "sidecars", "conformance-tests");

    @Test
    void files_areShort() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (Path file : sources()) {
            long lines = Files.readAllLines(file).size();
            if (lines > LINES_MAX) {
                tooLong.add(file + ": " + lines + " lines, at most " + LINES_MAX);
            }
        }
        assertThat(tooLong).isEmpty();
    }

    @Test
    void packages_sayWhereToStart() throws IOException {
        assertThat(sources().stream().filter(f -> f.toString().contains("/src/main/"))
                .map(f -> f.resolveSibling("package-info.java")).distinct()
                .filter(page -> !Files.exists(page) || !START.matcher(read(page)).find()))
                .isEmpty();
    }

    @Test
    void tests_doNotSleep() throws IOException {
        List<Path> sleepers = sources().stream()
                .filter(f -> f.toString().contains("/src/test/"))
                // It pauses between looks at a condition, within a bound.
                .filter(f -> !f.endsWith("io/beemesh/libp2p/Waiting.java"))
                .filter(f -> SLEEP.matcher(read(f)).find()).toList();
        assertThat(sleepers).isEmpty();
    }

    /** Else three would run at one time. */
    @Test
    void conformanceTests_sayBesideWhichOthersTheyRun() throws IOException {
        assertThat(sources().stream().filter(f -> f.startsWith(Repository.root()
                .resolve("conformance-tests/src/test")) && f.toString().endsWith("Test.java"))
                .filter(f -> !f.endsWith("NodeUnderTest.java"))
                .filter(f -> !Pattern.compile("^@(WithPodman|WithoutPodman|Isolated)",
                        Pattern.MULTILINE).matcher(read(f)).find()))
                .isEmpty();
    }

    @Test
    void sources_haveNoLooseEnds() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : sources()) {
            String text = read(file).toUpperCase(Locale.ROOT);
            for (String word : List.of("TO" + "DO", "FIX" + "ME", "X" + "XX")) {
                if (Pattern.compile("(//|\\*) .*\\b" + word + "\\b").matcher(text).find()) {
                    found.add(file + ": " + word);
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void documentation_hasNoDeadLink() throws IOException {
        List<String> dead = new ArrayList<>();
        for (Path page : pages()) {
            Matcher links = LINK.matcher(read(page));
            while (links.find()) {
                String target = links.group(1);
                if (!target.contains(":")
                        && !Files.exists(page.resolveSibling(target).normalize())) {
                    dead.add(page + " -> " + target);
                }
            }
        }
        assertThat(dead).isEmpty();
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : MODULES) {
            Path source = Repository.root().resolve(module).resolve("src");
            try (Stream<Path> files = Files.walk(source)) {
                files.filter(f -> f.toString().endsWith(".java"))
                        .filter(f -> !f.toString().contains("node_modules")).forEach(sources::add);
            }
        }
        assertThat(sources).hasSizeGreaterThan(10);
        return sources;
    }

    private static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>();
        try (Stream<Path> files = Files.list(Repository.root())) {
            files.filter(f -> f.toString().endsWith(".md")).forEach(pages::add);
        }
        try (Stream<Path> files = Files.walk(Repository.root().resolve("docs"))) {
            files.filter(f -> f.toString().endsWith(".md")).forEach(pages::add);
        }
        return pages;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
