import java.io.FileInputStream;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Judges PDF files by PDF/UA-1 and PDF/A-3a with veraPDF; prints each broken rule and ends with 1 if there is one. */
public class JudgePdf {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean clean = true;
        for (String file : files) {
            for (PDFAFlavour flavour : new PDFAFlavour[] {PDFAFlavour.PDFUA_1, PDFAFlavour.PDFA_3_A}) {
                try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour);
                     PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                    ValidationResult result = validator.validate(parser);
                    for (TestAssertion found : result.getTestAssertions()) {
                        System.out.println(String.join(" ", file, flavour.getId(), found.getRuleId().getClause(),
                            found.getMessage(), found.getLocation().getContext()));
                    }
                    System.out.println(file + " " + flavour.getId() + (result.isCompliant() ? " clean" : " broken"));
                    clean &= result.isCompliant();
                }
            }
        }
        System.exit(clean ? 0 : 1);
    }
}
