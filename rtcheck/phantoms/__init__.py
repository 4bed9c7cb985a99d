"""Phantoms: synthetic plans with known answers, written as valid DICOM files.

Points are (x, y, z) in mm in DICOM patient axes: x grows to the patient's left, y to the back,
z to the head. Arrays are (z, y, x). Nothing here knows of the checker that reads the files.

- `records`: what a phantom plan consists of.
- `dicom_files`: that plan as RT Structure Set, RT Plan and RT Dose.
- `solids`, `doses`: closed-form bodies and doses, for answers that can be worked out by hand.
- `patients`: three made-up patients, each in a version that keeps its protocol and one that
  breaks one rule on purpose.
"""
